"""Threads: how many a step runs on, and that those that wait leave the processor to others."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from threading import Barrier

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from tunesmith.threads import WORTH_THREADS, one_thread, threads_for, wait_passively

NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """Torch has three threads, a number that is no machine's default here."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def no_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names no policy, and is restored after the test."""
    for name in NAMES:
        monkeypatch.setenv(name, "")  # noted, so that it is restored
        monkeypatch.delenv(name)


def environment_after(code: str, **settings: str) -> list[str]:
    """Run code in a fresh process and return what the policy's variables are then."""
    rest = {name: value for name, value in os.environ.items() if name not in NAMES}
    script = f"import os, sys\n{code}\nprint(*[os.environ.get(name) for name in {NAMES!r}])"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**rest, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()[-1].split()


def test_a_small_step_runs_on_one_thread() -> None:
    """Torch has one thread inside the block, and as many as the user set afterwards."""
    with threads_for(WORTH_THREADS / 2):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def test_a_large_step_keeps_all_threads() -> None:
    """Torch keeps the threads that the user set."""
    with threads_for(WORTH_THREADS):
        assert torch.get_num_threads() == 3


def test_a_user_who_has_one_thread_keeps_one() -> None:
    """No block gives more threads than there were."""
    torch.set_num_threads(1)
    for work in (0, WORTH_THREADS):
        with threads_for(work):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1


def test_blocks_nest() -> None:
    """The outer block holds until its own end, whatever is inside."""
    with threads_for(0):
        with threads_for(0), one_thread(), threads_for(WORTH_THREADS):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize("block", [one_thread, partial(threads_for, 0)])
def test_an_exception_restores_the_threads(
    block: Callable[[], AbstractContextManager[None]],
) -> None:
    """What goes wrong inside leaves no limit behind."""
    with pytest.raises(ValueError, match="inside"), block():
        raise ValueError("inside")
    assert torch.get_num_threads() == 3


def test_one_thread_limits_the_products_of_numpy() -> None:
    """All libraries of linear algebra and OpenMP have one inside, and the former number after."""
    before = [library["num_threads"] for library in threadpool_info()]
    with one_thread():
        np.ones((2, 2)) @ np.ones((2, 2))
        assert {library["num_threads"] for library in threadpool_info()} == {1}
    assert [library["num_threads"] for library in threadpool_info()] == before


def test_python_threads_leave_no_limit_behind() -> None:
    """Where several are inside a block at once, torch has all threads after the last has left."""
    meet = Barrier(4)

    def work(_: int) -> int:
        meet.wait()
        with threads_for(0):
            meet.wait()  # all are inside
            inside = torch.get_num_threads()
        meet.wait()
        return inside

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [1] * 4
        assert list(pool.map(lambda _: torch.get_num_threads(), range(4))) == [3] * 4
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("no_policy")
def test_waiting_threads_sleep() -> None:
    """The policy is passive, with a short wait before the sleep."""
    wait_passively()
    assert [os.environ[name] for name in NAMES] == ["passive", "10000"]


@pytest.mark.usefixtures("no_policy")
@pytest.mark.parametrize(("name", "value"), [(NAMES[0], "active"), (NAMES[1], "7")])
def test_a_users_policy_stays(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Where either variable is set, neither is changed."""
    monkeypatch.setenv(name, value)
    wait_passively()
    assert {each: os.environ[each] for each in NAMES if each in os.environ} == {name: value}


@pytest.mark.parametrize(
    "code", ["import tunesmith", "from tunesmith.encoders import build", "import tunesmith.cli"]
)
def test_any_import_of_the_package_sets_the_policy(code: str) -> None:
    """The library and the command line have it before torch or scikit-learn is loaded."""
    script = f"{code}\nassert not {{'torch', 'sklearn'}} & set(sys.modules)"
    assert environment_after(script) == ["passive", "10000"]


def test_importing_keeps_a_users_policy() -> None:
    """What the user has set in the environment is left as it is."""
    assert environment_after("import tunesmith", OMP_WAIT_POLICY="active") == ["active", "None"]


def test_training_from_python_waits_passively() -> None:
    """The policy is set when torch is loaded, and torch has all of its threads after training."""
    code = """
import numpy as np
from tunesmith.tuners import FeedForwardTuner
vectors = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
FeedForwardTuner(hidden_dim=8).fit(vectors, [0, 1] * 20)
import torch
assert torch.get_num_threads() == 2"""
    assert environment_after(code, OMP_NUM_THREADS="2") == ["passive", "10000"]


def test_blocks_do_without_torch() -> None:
    """Where torch is not loaded, a block neither loads it nor fails."""
    code = """
from tunesmith.threads import one_thread, threads_for
with one_thread(), threads_for(0):
    assert "torch" not in sys.modules"""
    assert environment_after(code) == ["passive", "10000"]


def test_one_thread_leaves_every_library_as_it_was() -> None:
    """OpenMP and MKL included: torch reports the thread counts of both."""
    torch.set_num_threads(2)
    before = torch.__config__.parallel_info()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.__config__.parallel_info() == before
