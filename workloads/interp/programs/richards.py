# SPDX-License-Identifier: MIT
#
# Richards: the kernel of an operating system that schedules six tasks which send packets to one
# another. By Martin Richards (Cambridge, 1981, in BCPL); object-oriented by L. Peter Deutsch and
# others for Smalltalk and Self, and since then in every collection of benchmarks.
#
# Stress: calls of methods that subclasses define, attributes read and written, short linked lists.
# n: simulations, each of which lets the idle task run IDLE_COUNT times. Usual: 8.
#
# Every simulation queues 2322 packets and holds tasks 928 times (with an IDLE_COUNT of 10000: 23246
# and 9297). All state hangs on the scheduler that the simulation makes; tasks are handed it when
# they run, so there is no cycle of references.

IDLE_COUNT = 1000

IDLE = 0
WORKER = 1
HANDLER_A = 2
HANDLER_B = 3
DEVICE_A = 4
DEVICE_B = 5
TASKS = 6

KIND_DEVICE = 0
KIND_WORK = 1

# Bits of a task's state.
RUNNING = 0
PACKET_PENDING = 1
WAITING = 2
HELD = 4

DATA_SIZE = 4


class Packet:
    def __init__(self, link, ident, kind):
        self.link = link
        self.ident = ident
        self.kind = kind
        self.datum = 0
        self.data = [0] * DATA_SIZE

    def append_to(self, queue):
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Task:
    def __init__(self, scheduler, ident, priority, queue):
        self.link = scheduler.tasks
        self.ident = ident
        self.priority = priority
        self.queue = queue
        self.state = WAITING
        if queue is not None:
            self.state = WAITING | PACKET_PENDING
        scheduler.add(self)

    def is_held_or_waiting(self):
        return (self.state & HELD) != 0 or self.state == WAITING

    def accept(self, packet, current):
        if self.queue is None:
            self.queue = packet
            self.state = self.state | PACKET_PENDING
            if self.priority > current.priority:
                return self
        else:
            packet.append_to(self.queue)
        return current

    def run(self, scheduler):
        packet = None
        if self.state == WAITING | PACKET_PENDING:
            packet = self.queue
            self.queue = packet.link
            if self.queue is None:
                self.state = RUNNING
            else:
                self.state = PACKET_PENDING
        return self.work(scheduler, packet)


class IdleTask(Task):
    def __init__(self, scheduler, count):
        super().__init__(scheduler, IDLE, 0, None)
        self.state = RUNNING
        self.control = 1
        self.count = count

    def work(self, scheduler, packet):
        self.count -= 1
        if self.count == 0:
            return scheduler.hold_current()
        if self.control & 1 == 0:
            self.control = self.control >> 1
            return scheduler.release(DEVICE_A)
        self.control = (self.control >> 1) ^ 0xD008
        return scheduler.release(DEVICE_B)


class WorkerTask(Task):
    def __init__(self, scheduler, priority, queue):
        super().__init__(scheduler, WORKER, priority, queue)
        self.destination = HANDLER_A
        self.letter = 0

    def work(self, scheduler, packet):
        if packet is None:
            return scheduler.wait_current()
        if self.destination == HANDLER_A:
            self.destination = HANDLER_B
        else:
            self.destination = HANDLER_A
        packet.ident = self.destination
        packet.datum = 0
        for i in range(DATA_SIZE):
            self.letter += 1
            if self.letter > 26:
                self.letter = 1
            packet.data[i] = self.letter
        return scheduler.send(packet)


class HandlerTask(Task):
    def __init__(self, scheduler, ident, priority, queue):
        super().__init__(scheduler, ident, priority, queue)
        self.work_in = None
        self.device_in = None

    def work(self, scheduler, packet):
        if packet is not None:
            if packet.kind == KIND_WORK:
                self.work_in = packet.append_to(self.work_in)
            else:
                self.device_in = packet.append_to(self.device_in)
        job = self.work_in
        if job is not None:
            if job.datum >= DATA_SIZE:
                self.work_in = job.link
                return scheduler.send(job)
            letter = self.device_in
            if letter is not None:
                self.device_in = letter.link
                letter.datum = job.data[job.datum]
                job.datum += 1
                return scheduler.send(letter)
        return scheduler.wait_current()


class DeviceTask(Task):
    def __init__(self, scheduler, ident, priority):
        super().__init__(scheduler, ident, priority, None)
        self.pending = None

    def work(self, scheduler, packet):
        if packet is not None:
            self.pending = packet
            return scheduler.hold_current()
        packet = self.pending
        if packet is None:
            return scheduler.wait_current()
        self.pending = None
        return scheduler.send(packet)


class Scheduler:
    def __init__(self):
        self.tasks = None
        self.table = [None] * TASKS
        self.current = None
        self.queue_count = 0
        self.hold_count = 0

    def add(self, task):
        self.tasks = task
        self.table[task.ident] = task

    def schedule(self):
        self.current = self.tasks
        while self.current is not None:
            if self.current.is_held_or_waiting():
                self.current = self.current.link
            else:
                self.current = self.current.run(self)

    def release(self, ident):
        task = self.table[ident]
        task.state = task.state & ~HELD
        if task.priority > self.current.priority:
            return task
        return self.current

    def hold_current(self):
        self.hold_count += 1
        self.current.state = self.current.state | HELD
        return self.current.link

    def wait_current(self):
        self.current.state = self.current.state | WAITING
        return self.current

    def send(self, packet):
        task = self.table[packet.ident]
        self.queue_count += 1
        packet.link = None
        packet.ident = self.current.ident
        return task.accept(packet, self.current)


def packets(count, ident, kind):
    queue = None
    for i in range(count):
        queue = Packet(queue, ident, kind)
    return queue


def simulate(idle_count):
    scheduler = Scheduler()
    IdleTask(scheduler, idle_count)
    WorkerTask(scheduler, 1000, packets(2, WORKER, KIND_WORK))
    HandlerTask(scheduler, HANDLER_A, 2000, packets(3, DEVICE_A, KIND_DEVICE))
    HandlerTask(scheduler, HANDLER_B, 3000, packets(3, DEVICE_B, KIND_DEVICE))
    DeviceTask(scheduler, DEVICE_A, 4000)
    DeviceTask(scheduler, DEVICE_B, 5000)
    scheduler.schedule()
    return scheduler.queue_count, scheduler.hold_count


def bench(n):
    queued = 0
    held = 0
    for i in range(n):
        queue_count, hold_count = simulate(IDLE_COUNT)
        queued += queue_count
        held += hold_count
    return queued, held
