# SPDX-License-Identifier: MIT
# Graphs: breadth first, depth first, shortest paths, an order of tasks, connected parts, Floyd.

INFINITY = 1 << 40


class Graph:
    def __init__(self):
        self.edges = {}

    def add(self, a, b, weight=1, both=False):
        self.edges.setdefault(a, []).append((b, weight))
        self.edges.setdefault(b, [])
        if both:
            self.add(b, a, weight)

    def bfs(self, start):
        distance = {start: 0}
        queue = [start]
        for node in queue:
            for neighbour, _ in self.edges[node]:
                if neighbour not in distance:
                    distance[neighbour] = distance[node] + 1
                    queue.append(neighbour)
        return distance

    def dfs(self, node, seen=None):
        if seen is None:
            seen = []
        seen.append(node)
        for neighbour, _ in self.edges[node]:
            if neighbour not in seen:
                self.dfs(neighbour, seen)
        return seen

    def dijkstra(self, start):
        distance = {node: INFINITY for node in self.edges}
        before = {}
        distance[start] = 0
        todo = list(self.edges)
        while todo:
            nearest = todo[0]
            for node in todo:
                if distance[node] < distance[nearest]:
                    nearest = node
            todo.remove(nearest)
            for neighbour, weight in self.edges[nearest]:
                new = distance[nearest] + weight
                if new < distance[neighbour]:
                    distance[neighbour] = new
                    before[neighbour] = nearest
        return distance, before

    def topological(self):
        incoming = {node: 0 for node in self.edges}
        for node in self.edges:
            for neighbour, _ in self.edges[node]:
                incoming[neighbour] += 1
        ready = sorted([node for node, count in incoming.items() if count == 0])
        order = []
        while ready:
            node = ready.pop(0)
            order.append(node)
            for neighbour, _ in self.edges[node]:
                incoming[neighbour] -= 1
                if incoming[neighbour] == 0:
                    ready.append(neighbour)
        if len(order) != len(self.edges):
            raise ValueError("a cycle")
        return order


def path(before, target):
    steps = [target]
    while target in before:
        target = before[target]
        steps.insert(0, target)
    return steps


def floyd(size, weights):
    table = [[INFINITY] * size for _ in range(size)]
    for i in range(size):
        table[i][i] = 0
    for (a, b), weight in weights.items():
        table[a][b] = weight
    for k in range(size):
        for i in range(size):
            for j in range(size):
                if table[i][k] + table[k][j] < table[i][j]:
                    table[i][j] = table[i][k] + table[k][j]
    return table


def bench(n):
    size = n + 3
    graph = Graph()
    weights = {}
    for i in range(size - 1):
        graph.add(i, i + 1, 10)
        weights[i, i + 1] = 10
        other = i * 3 % size
        if other > i + 1:
            graph.add(i, other, 4)
            weights[(i, other)] = 4
    distance, before = graph.dijkstra(0)
    table = floyd(size, weights)
    assert table[0] == [distance[i] for i in range(size)]
    hops = graph.bfs(0)
    order = graph.topological()
    assert order == list(range(size))
    graph.add(size - 1, 0)
    try:
        graph.topological()
        cyclic = False
    except ValueError:
        cyclic = True
    mixed = Graph()
    for i in range(size):
        mixed.add(chr(97 + i % 26), chr(97 + (i * 5 + 2) % 26), both=True)
    return path(before, size - 1), distance[size - 1], max(hops.values()), cyclic, mixed.dfs("a")
