// SPDX-License-Identifier: MIT
//
// Critical sections: locks that nest in any order, because who waits for one gives up the others.
// PEP 703's (S. Gross, 2023), as CPython 3.13 has them (Python/critical_section.c).
// A section stands on its caller's stack and names the mutex (lk_pymutex.h), or two, that it has
// locked; the thread has the list of its sections, innermost first. Who finds a mutex taken
// suspends all its sections: unlocks what they have and marks them inactive. It waits, and enters
// the new section with only that locked. When a section ends the one around it, if inactive, is
// resumed: what it names is locked again, which may be another wait. A thread that leaves the
// runtime for something that blocks suspends all its sections too, and resumes the innermost when
// it comes back.
//
// Invariant: the active sections are the innermost ones of the list, none or some, and what they
// name is locked by the thread; of an inactive section, and of all around it, nothing is. While a
// section is the innermost, and outside the calls that may wait, it is active.
//
// What a caller gets is thus less than a lock: within a further section he may have lost the outer
// one, and have it back when the inner one ends; in between others have changed what it guards. So
// a container's shape is consistent whenever a further lock is taken and whenever an inner one is
// given back (thread.h), and what was read before is read again.
//
// No deadlock. Who waits for a mutex is offline, and of mutexes has nothing, but the lower of the
// two of a pair while it waits for the higher: from who waits to who has it addresses rise, and
// there is no circle. This is why two are one section and not two nested ones, of which the outer
// would be lost while the inner is entered. And who has a mutex and waits for something else waits
// for what comes without it:
//   - a stopped world (RC_STOPS) starts again. Its stopper takes no container's lock before that,
//     and for him who waits for a mutex is offline and stands. CPython suspends there, since to
//     stop is to detach; here a thread may stop at a safepoint, and come back from a wait, with
//     what it has.
//   - the owner of an object (rc_incref, RC_WAITS), or a grace period: at most until the next
//     safepoint of each other thread, and who waits for a mutex is offline.
//   - other layers' mutexes are held for a bounded number of steps, and no container is locked
//     under them.
//   - what is awaited outside the runtime can be anything. That is why lk_blocking_begin suspends.
// The other layers' hooks in thread_offline and thread_back may lock containers. So at these calls
// each mutex of the thread is named by an active section of the list; sections are suspended after
// the first of them, as a section that ended in a hook has resumed the one around it, and the new
// one is in the list before the second.
//
// Bounded waiting. To enter or to resume a section is one wait for a mutex, or two, and each is
// bounded (lk_pymutex.h). Nobody waits for the list: it is the thread's own.
//
// Memory order. The mutex's carry it: to give up a section releases, to resume it acquires. List,
// marks and sections are the thread's own, and plain.
//
// What differs. CPython suspends when the thread detaches, which is after forty turns for the
// mutex, and there with the outer sections locked; here contention as a whole is a wait
// (lk_pymutex.h), so the turns have nothing locked. It keeps the lower of a pair when only the
// higher is taken; here that is given up, and both are waited for in turn. Since 3.14 it enters no
// section for a mutex that the innermost one has (python/cpython #114203); here, as in 3.13, that
// is contention with oneself, and a wait: the outer section is given up, the inner one has the
// mutex, and then the outer one again.
//
// A scheme includes lk_pymutex.h, defines its struct lk_word with a member `struct pymutex mutex`,
// lk_init and lk_destroy, SECTION_FIELDS if its readers need a guard, and then includes this.
#ifndef LK_CRITICAL_SECTION_CORE_H
#define LK_CRITICAL_SECTION_CORE_H

#include "lk_no_global.h"
#include "lk_pymutex.h"

// A section is known by the address of its guard; in the low bits of what refers to it:
enum { SECTION_INACTIVE = 1, SECTION_TWO = 2, SECTION_TAGS = 3 };

#ifndef SECTION_FIELDS
#define SECTION_FIELDS
#endif
struct lk_guard {
    struct pymutex *mutex; // SECTION_TWO: the lower one; the next guard has the higher
    uintptr_t around;      // the section around this one, or 0
    SECTION_FIELDS
};
#define PYMUTEX_THREAD uintptr_t section; // the innermost one, or 0
#include "lk_pymutex_state.h"

API struct lk_guard *section_guard(uintptr_t section)
{
    return (struct lk_guard *)(section & ~(uintptr_t)SECTION_TAGS);
}
API void section_push(struct thread *t, uintptr_t section)
{
    section_guard(section)->around = lk_self(t)->section;
    lk_self(t)->section = section;
}
// The innermost one, which is in no list afterwards.
API uintptr_t section_pop(struct thread *t)
{
    uintptr_t section = lk_self(t)->section & ~(uintptr_t)SECTION_INACTIVE;
    lk_self(t)->section = section_guard(section)->around;
    return section;
}
API bool section_lost(struct thread *t)
{
    return (lk_self(t)->section & SECTION_INACTIVE) != 0;
}

// The caller is offline.
static __attribute__((noinline, cold, unused)) void section_suspend(struct thread *t)
{
    uintptr_t *link = &lk_self(t)->section;
    while (*link != 0 && (*link & SECTION_INACTIVE) == 0) {
        struct lk_guard *g = section_guard(*link);
        pymutex_unlock(t, g[0].mutex);
        if ((*link & SECTION_TWO) != 0)
            pymutex_unlock(t, g[1].mutex);
        *link |= SECTION_INACTIVE;
        link = &g->around;
    }
}
// A section that is in no list gets what it names and is the innermost. The caller is offline.
static __attribute__((noinline, cold, unused)) void section_contend(struct thread *t,
                                                                    uintptr_t section)
{
    struct lk_guard *g = section_guard(section);
    pymutex_contend(t, g[0].mutex);
    if ((section & SECTION_TWO) != 0)
        pymutex_contend(t, g[1].mutex);
    section_push(t, section);
}
// What the section names, if that takes no wait.
API bool section_try(struct thread *t, uintptr_t section)
{
    struct lk_guard *g = section_guard(section);
    if (!pymutex_try(g[0].mutex))
        return false;
    if ((section & SECTION_TWO) == 0 || pymutex_try(g[1].mutex))
        return true;
    pymutex_unlock(t, g[0].mutex);
    return false;
}
static __attribute__((noinline, cold, unused)) void section_enter(struct thread *t,
                                                                  uintptr_t section)
{
    if (section_try(t, section)) { // unlocked meanwhile, or unlocked while others sleep for it
        section_push(t, section);
        return;
    }
    thread_offline(t);
    section_suspend(t);
    section_contend(t, section);
    thread_back(t);
}
static __attribute__((noinline, cold, unused)) void section_resume(struct thread *t)
{
    section_enter(t, section_pop(t));
}
// g is the innermost one, and what it named is given back.
API void section_end(struct thread *t, struct lk_guard *g)
{
    lk_self(t)->section = g->around;
    if (__builtin_expect(section_lost(t), 0))
        section_resume(t);
}

API void lk_blocking_begin(struct thread *t)
{
    thread_offline(t);
    section_suspend(t);
}
API void lk_blocking_end(struct thread *t)
{
    if (section_lost(t))
        section_contend(t, section_pop(t));
    thread_back(t);
}

API void lk_lock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    g->mutex = &l->mutex;
    if (pymutex_lock_fast(&l->mutex))
        section_push(t, (uintptr_t)g);
    else
        section_enter(t, (uintptr_t)g);
}
API void lk_unlock(struct thread *t, struct lk_word *l, struct lk_guard *g)
{
    pymutex_unlock(t, &l->mutex);
    section_end(t, g);
}
API void lk_lock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    if (a == b) {
        lk_lock(t, a, g);
        return;
    }
    bool ordered = sync_address(a) < sync_address(b);
    uintptr_t section = (uintptr_t)g | SECTION_TWO;
    g[0].mutex = ordered ? &a->mutex : &b->mutex;
    g[1].mutex = ordered ? &b->mutex : &a->mutex;
    if (pymutex_lock_fast(g[0].mutex)) {
        if (pymutex_lock_fast(g[1].mutex)) {
            section_push(t, section);
            return;
        }
        pymutex_unlock(t, g[0].mutex);
    }
    section_enter(t, section);
}
API void lk_unlock2(struct thread *t, struct lk_word *a, struct lk_word *b, struct lk_guard *g)
{
    if (a != b)
        pymutex_unlock(t, &b->mutex);
    pymutex_unlock(t, &a->mutex);
    section_end(t, g);
}

#endif
