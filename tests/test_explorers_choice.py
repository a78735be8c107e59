"""The explorers that choose, in a real browser: a network under limits, a place to compute."""

import random
from math import inf, isclose

import pytest
import torch
import torchvision
from exploring import computed, known

from efficientai import deployment, evaluation, profiling
from efficientai.deployment import DEVICES, Workload

COSTS = ("bytes", "macs", "time", "microjoules")


@pytest.fixture
def chance():
    """The same random numbers on every run."""
    return random.Random(0)


# ---------------------------------------------------------------- Pareto


def made_up(chance, count: int) -> list[dict]:
    """Networks with so few different numbers that many are equal."""
    return [
        {"network": str(i), "accuracy": chance.randint(1, 6) / 8}
        | {cost: chance.randint(1, 6) for cost in COSTS}
        for i in range(count)
    ]


def within(networks: list[dict], limits: dict[str, float]) -> dict[str, dict]:
    """The networks that keep the limits, by name."""
    costs = {key: limit for key, limit in limits.items() if key != "accuracy"}
    return {
        n["network"]: n
        for n in networks
        if all(n[key] <= limit for key, limit in costs.items())
        and n["accuracy"] >= limits.get("accuracy", 0)
    }


def front(networks: dict[str, dict], cost: str) -> list[str]:
    """The package's answer."""
    return evaluation.pareto_front({k: (n[cost], n["accuracy"]) for k, n in networks.items()})


def names(networks: list[dict]) -> list[str]:
    """Of networks as the page returns them."""
    return [network["network"] for network in networks]


def settings(chance, networks: list[dict]):
    """Limits at random; each is the number of some network, so that being equal is tried."""
    for cost in COSTS * 30:
        chosen = chance.sample([*COSTS, "accuracy"], chance.randint(0, 3))
        yield cost, {key: chance.choice(networks)[key] for key in chosen}


@pytest.mark.parametrize("source", ["the book's", "made up"])
def test_pareto_keeps_limits_and_draws_fronts_as_the_package_does(explore, chance, source):
    page = explore("pareto")
    networks = known(page, "pareto")["networks"]
    networks = networks if source == "the book's" else made_up(chance, 40)
    cases = list(settings(chance, networks))
    kept = computed(page, "pareto", "feasible", [(networks, limits) for _, limits in cases])
    calls = [[some, cost] for some, (cost, _) in zip(kept, cases, strict=True)]
    fronts = computed(page, "pareto", "front", calls)
    for (cost, limits), some, line in zip(cases, kept, fronts, strict=True):
        expected = within(networks, limits)
        assert names(some) == list(expected)
        assert names(line) == front(expected, cost)


@pytest.mark.parametrize("count", [1, 6, 12, 30])
def test_pareto_names_the_best_of_the_front_and_who_beats_the_others(explore, chance, count):
    page = explore("pareto")
    networks = made_up(chance, count)
    rows = {n["network"]: n for n in networks}
    for cost in COSTS:
        line = front(rows, cost)
        top = max(rows[name]["accuracy"] for name in line)
        (best,) = computed(page, "pareto", "best", [(networks, cost)])
        assert names(best) == [name for name in line if rows[name]["accuracy"] == top]
        for name, by in page.evaluate(BEATERS, [networks, cost]).items():
            assert (by is None) == (name in line)
            if by is not None:
                loser, winner = rows[name], rows[by]
                gains = loser[cost] - winner[cost], winner["accuracy"] - loser["accuracy"]
                assert min(gains) >= 0 and max(gains) > 0 and by in line


BEATERS = """([networks, cost]) => {
    const { front, beater } = explorers.known.pareto, line = front(networks, cost);
    return Object.fromEntries(networks.map((network) =>
        [network.network, beater(network, line, cost)?.network ?? null]));
}"""


def test_pareto_says_which_limit_to_loosen(explore):
    page = explore("pareto")
    networks = known(page, "pareto")["networks"]
    limits = {"bytes": 2_000, "accuracy": 0.98}
    expected = {
        key: len(within(networks, {k: v for k, v in limits.items() if k != key})) for key in limits
    }
    assert not within(networks, limits) and max(expected.values()) > 0
    assert computed(page, "pareto", "without", [[networks, limits]]) == [expected]


def slide(page, control: str, share: float) -> str:
    """Move a slider to a share of its way; what it says then."""
    page.locator(f"#{control}").evaluate(
        "(input, share) => { input.value = Math.round(share * input.max);"
        " input.dispatchEvent(new Event('input')); }",
        share,
    )
    return page.inner_text(f"output[for={control}]")


def number(text: str) -> float:
    """The number in 'at most 12,000 MACs' or 'at least 97.5 %'."""
    return float(text.split()[2].replace(",", ""))


def test_pareto_sliders_change_the_best_the_table_and_the_points(explore):
    page = explore("pareto", fresh=True)
    networks = known(page, "pareto")["networks"]
    every = {n["network"]: n for n in networks}
    assert f"“{front(every, 'bytes')[-1]}”" in page.inner_text("#pareto-result")
    page.select_option("#pareto-cost", "macs")
    limits = {
        "macs": number(slide(page, "pareto-macs", 0.6)),
        "accuracy": number(slide(page, "pareto-accuracy", 0.5)) / 100,
    }
    kept = within(networks, limits)
    line = front(kept, "macs")
    assert 1 < len(kept) < len(networks)
    said = page.inner_text("#pareto-result")
    assert said.startswith(f"{len(kept)} of {len(networks)} networks keep the limits.")
    assert f"most accurate: “{line[-1]}”" in said
    rows = page.locator(".explorer-table tbody tr")
    assert set(rows.locator("th").all_inner_texts()) == set(kept)
    beaten = rows.filter(has_not_text="nobody").locator("th").all_inner_texts()
    assert set(beaten) == set(kept) - set(line)
    svg = page.locator("[data-explorer=pareto] svg")
    assert svg.locator("circle.out").count() == len(networks) - len(kept)
    assert svg.locator("circle:is(.front, .best)").count() == len(line)
    slide(page, "pareto-bytes", 0)
    assert "No network keeps these limits." in page.inner_text("#pareto-result")
    assert rows.count() == 0


# ---------------------------------------------------------------- deployment


def test_deployment_networks_are_what_the_package_counts(explore):
    data = known(explore("deployment"), "deployment")
    offered = {network["name"]: network for network in data["networks"]}
    model = torchvision.models.mobilenet_v2(weights=None).eval()
    x = torch.zeros(1, 3, 224, 224)
    found = offered["MobileNetV2"]
    assert found["macs"] == profiling.count_macs(model, x)
    assert 4 * found["weights"] == profiling.weight_bytes(model)
    assert 4 * found["activations"] == pytest.approx(
        profiling.peak_activation_bytes(model, x), rel=1e-3
    )
    assert found["payload"] == x.numel()
    # by hand: 64·300 + 300·100 + 100·10 products, and as many weights with 410 biases
    lenet = offered["LeNet-300-100"]
    assert (lenet["macs"], lenet["weights"]) == (50_200, 50_610)
    assert [device["name"] for device in data["devices"]] == list(DEVICES)


def test_deployment_fits_and_takes_as_long_as_the_package_says(explore, chance):
    page = explore("deployment")
    data = known(page, "deployment")
    networks = data["networks"] + [
        {key: int(10 ** chance.uniform(3, 12)) for key in ("macs", "weights", "activations")}
        for _ in range(100)
    ]
    cases = [(n, bits, d) for n in networks for bits in (8, 32) for d in data["devices"]]
    works = computed(page, "deployment", "workload", [[n, bits] for n, bits, _ in cases])
    machines = [device for _, _, device in cases]
    room = computed(page, "deployment", "fits", list(zip(works, machines, strict=True)))
    calls = [[work, device, data] for work, device in zip(works, machines, strict=True)]
    times = computed(page, "deployment", "computeSeconds", calls)
    lives = computed(page, "deployment", "cellHours", [[d, data] for d in machines])
    for (network, bits, machine), fit, seconds, hours in zip(
        cases, room, times, lives, strict=True
    ):
        sizes = network["weights"] * bits / 8, network["activations"] * bits / 8
        work, device = Workload(network["macs"], *sizes), DEVICES[machine["name"]]
        assert tuple(fit) == deployment.fits(work, device)
        assert seconds == deployment.compute_seconds(work, device, data["efficiency"])
        assert hours == deployment.battery_life(0.225 * 3, device.power_w)


def ways(chance, count: int) -> list[dict]:
    """Payloads, bandwidths, distances and delays over the whole range of the sliders."""
    return [
        {
            "payload": 10 ** chance.uniform(1, 8),
            "bps": 10 ** chance.uniform(4, 10),
            "km": 10 ** chance.uniform(0, 4.3),
            "delay": 10 ** chance.uniform(-4, 0),
        }
        for _ in range(count)
    ]


def test_deployment_adds_up_the_way_to_the_cloud_as_the_package_does(explore, chance):
    page = explore("deployment")
    data = known(page, "deployment")
    some = [(way, 10 ** chance.uniform(-7, 0)) for way in ways(chance, 200)]
    calls = [[way, remote, data] for way, remote in some]
    totals = computed(page, "deployment", "away", calls)
    splits = computed(page, "deployment", "parts", calls)
    for (way, remote), total, split in zip(some, totals, splits, strict=True):
        trip = deployment.round_trip_s(way["km"], way["delay"])
        assert total == deployment.end_to_end_latency(remote, way["payload"], way["bps"], trip)
        assert isclose(sum(split.values()), total)
        assert split["light"] + split["delay"] == trip and split["compute"] == remote


def test_deployment_finds_the_tie_where_both_take_as_long(explore, chance):
    page = explore("deployment")
    data = known(page, "deployment")
    cases = [(way, 10 ** chance.uniform(-3, 2), 1e-4) for way in ways(chance, 200)]
    ties = computed(page, "deployment", "tie", [[*case, data] for case in cases])
    tried = 0
    for (way, local, remote), found in zip(cases, ties, strict=True):
        trip = deployment.round_trip_s(way["km"], way["delay"])
        bandwidth = deployment.break_even_bandwidth(local, remote, way["payload"], trip)
        assert (inf if found["bps"] is None else found["bps"]) == bandwidth
        for key in ("bps", "payload", "km"):
            if found[key] is not None:
                assert isclose(cloud(way | {key: found[key]}, remote), local, rel_tol=1e-6)
                tried += 1
            elif key != "bps":  # not even with nothing to send, or with the server next door
                assert cloud(way | {key: 0}, remote) >= local
    assert tried > 200


def cloud(way: dict, remote: float) -> float:
    """Seconds until the cloud answers."""
    trip = deployment.round_trip_s(way["km"], way["delay"])
    return deployment.end_to_end_latency(remote, way["payload"], way["bps"], trip)


def test_deployment_says_who_is_first_on_every_device(explore):
    page = explore("deployment", fresh=True)
    for network in known(page, "deployment")["networks"]:
        page.select_option("#deployment-network", network["name"])
        work = Workload(network["macs"], network["weights"], network["activations"])
        for device in DEVICES.values():
            page.select_option("#deployment-device", device.name)
            local, remote = (
                deployment.compute_seconds(work, machine, 0.2)
                for machine in (device, DEVICES["server GPU"])
            )
            way = {"payload": network["payload"], "bps": 7.9e6, "km": 500, "delay": 0.045}
            first = "the cloud" if cloud(way, remote) < local else "the device"
            fit = deployment.fits(work, device)
            said = page.inner_text("#deployment-verdict")
            assert device.name in said
            assert ("does not fit" if not fit else f"{first} is first") in said
            room = page.inner_text("#deployment-room")
            assert room.count("only") == 2 - fit.storage - fit.memory
            # a piece of a bar for each place that can compute
            assert page.locator(".bars .compute").count() == 1 + bool(fit)


def test_deployment_moves_with_its_sliders_and_with_a_click(explore):
    page = explore("deployment", fresh=True)
    assert page.inner_text("#deployment-verdict").startswith("The cloud answers after 82.4 ms")
    page.select_option("#deployment-link", "Wi-Fi")  # 256,000 bits at 19 Mbit/s: 13.5 ms
    assert page.inner_text("#deployment-verdict").startswith("The cloud answers after 63.5 ms")
    assert slide(page, "deployment-km", 1) == "20,000 km"
    assert "the device is first" in page.inner_text("#deployment-verdict")
    slide(page, "deployment-bps", 0.9)
    assert page.input_value("#deployment-link") == ""
    box = page.locator(".plane").bounding_box()
    page.locator(".plane").click(position={"x": box["width"] - 25, "y": box["height"] - 60})
    payload, distance = (page.inner_text(f"output[for=deployment-{k}]") for k in ("payload", "km"))
    assert payload.endswith("MB") and 1 < float(distance.split()[0]) < 3
