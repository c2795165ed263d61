# SPDX-License-Identifier: MIT
#
# The Sun and the four giant planets, moved by a symplectic integrator (Euler's, semi-implicit) in
# steps of 0.01 years: the n-body program of the Computer Language Benchmarks Game, with its masses,
# positions and velocities (from the Jet Propulsion Laboratory's ephemerides).
#
# Stress: arithmetic of floats, each of which is an object, lists of floats read and written.
# n: steps. Usual: 8000.
# The result is the energy at the end, with the digits that the Game prints.

PI = 3.141592653589793
SOLAR_MASS = 4 * PI * PI
DAYS_PER_YEAR = 365.24

# Position (astronomical units), velocity (units a day), mass (of the Sun's).
PLANETS = [
    (  # Jupiter
        (4.84143144246472090e00, -1.16032004402742839e00, -1.03622044471123109e-01),
        (1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05),
        9.54791938424326609e-04,
    ),
    (  # Saturn
        (8.34336671824457987e00, 4.12479856412430479e00, -4.03523417114321381e-01),
        (-2.76742510726411618e-03, 4.99852801234917238e-03, 2.30417297573763929e-05),
        2.85885980666130812e-04,
    ),
    (  # Uranus
        (1.28943695621391310e01, -1.51111514016986312e01, -2.23307578892655734e-01),
        (2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05),
        4.36624404335156298e-05,
    ),
    (  # Neptune
        (1.53796971148509165e01, -2.59193146099879641e01, 1.79258772950371181e-01),
        (2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05),
        5.15138902046611451e-05,
    ),
]


def make_bodies():
    """Bodies as lists: position, velocity a year, mass; the Sun first."""
    bodies = [([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], SOLAR_MASS)]
    for position, velocity, mass in PLANETS:
        per_year = [component * DAYS_PER_YEAR for component in velocity]
        bodies.append((list(position), per_year, mass * SOLAR_MASS))
    return bodies


def make_pairs(bodies):
    pairs = []
    for i in range(len(bodies)):
        for j in range(i + 1, len(bodies)):
            pairs.append((bodies[i], bodies[j]))
    return pairs


def offset_momentum(bodies):
    """Lets the Sun move so that the centre of mass rests."""
    px = py = pz = 0.0
    for position, (vx, vy, vz), mass in bodies:
        px -= vx * mass
        py -= vy * mass
        pz -= vz * mass
    velocity = bodies[0][1]
    velocity[0] = px / SOLAR_MASS
    velocity[1] = py / SOLAR_MASS
    velocity[2] = pz / SOLAR_MASS


def advance(dt, steps, bodies, pairs):
    for step in range(steps):
        for ([x1, y1, z1], v1, m1), ([x2, y2, z2], v2, m2) in pairs:
            dx = x1 - x2
            dy = y1 - y2
            dz = z1 - z2
            magnitude = dt * (dx * dx + dy * dy + dz * dz) ** -1.5
            b1 = m1 * magnitude
            b2 = m2 * magnitude
            v1[0] -= dx * b2
            v1[1] -= dy * b2
            v1[2] -= dz * b2
            v2[0] += dx * b1
            v2[1] += dy * b1
            v2[2] += dz * b1
        for position, (vx, vy, vz), mass in bodies:
            position[0] += dt * vx
            position[1] += dt * vy
            position[2] += dt * vz


def energy(bodies, pairs):
    total = 0.0
    for position, (vx, vy, vz), mass in bodies:
        total += mass * (vx * vx + vy * vy + vz * vz) / 2.0
    for ((x1, y1, z1), v1, m1), ((x2, y2, z2), v2, m2) in pairs:
        dx = x1 - x2
        dy = y1 - y2
        dz = z1 - z2
        total -= m1 * m2 / (dx * dx + dy * dy + dz * dz) ** 0.5
    return total


def bench(n):
    bodies = make_bodies()
    pairs = make_pairs(bodies)
    offset_momentum(bodies)
    advance(0.01, n, bodies, pairs)
    return f"{energy(bodies, pairs):.9f}"
