# Made from solutions/deployment.md by `python -m autograder build`. Edit that file.
from otter.test_files import test_case

OK_FORMAT = False

name = "q9"
points = None


@test_case(name='three products', points=1, hidden=False)
def test_q9_three_products(choose):
    keys = ("name", "price", "storage_bytes", "memory_bytes", "macs_per_second", "power_w", "remote")
    machines = [
        dict(zip(keys, row))
        for row in (
            ("chip", 10, 1e6, 250e3, 25e6, 0.01, False),
            ("fast chip", 15, 2e6, 1.2e6, 110e6, 0.16, False),
            ("board", 55, 32e9, 4e9, 6e9, 7, False),
            ("edge GPU", 250, 64e9, 8e9, 3e12, 25, False),
            ("server", 2, 1e12, 80e9, 100e12, 700, True),
        )
    ]
    network = {"bandwidth_bps": 10e6, "round_trip_s": 0.05}
    tasks = ("macs", "weight_bytes", "activation_bytes", "payload_bytes", "deadline_s", "power_limit_w")
    cases = (
        ("doorbell in a cellar", (2.7e6, 24e3, 32e3, 32e3, 0.2, 0.05), None, "chip"),
        ("photo search", (300e6, 3.5e6, 2.7e6, 150e3, 1.0, 5), network, "server"),
        ("brake assistant", (300e6, 3.5e6, 2.7e6, 150e3, 0.06, 30), network, "board"),
        ("hearing aid", (2.7e6, 24e3, 32e3, 32e3, 0.01, 0.05), network, None),
    )
    for name, numbers, connection, expected in cases:
        task = dict(zip(tasks, numbers))
        found = choose(task, [dict(machine) for machine in machines], connection)
        assert found is None or isinstance(found, str), f"`choose` must return a name or None, yours returned {found!r}."
        assert found == expected, (
            f"For the {name} ({'no network' if connection is None else '10 Mbit/s, round trip 50 ms'}) the answer is {expected!r}, yours is {found!r}. "
            "Check size, deadline, power and connection in turn."
        )
    twins = [dict(zip(keys, (name, 7, 10, 10, 10, 1, False))) for name in ("first", "second")]
    exact = dict(zip(tasks, (10, 10, 10, 0, 1, 1)))
    found = choose(exact, twins, None)
    assert found == "first", (
        f"Two machines meet every limit exactly, at the same price; the answer is the first of them, yours is {found!r}."
    )
