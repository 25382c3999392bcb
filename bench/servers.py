"""Starts the processes that are measured, and reads from the kernel what they used."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONFIG = """
[server]
port = 0

[fusion]
tools = []  # those that it is measured against have none either

[endpoints.bench]
base_url = "{upstream}"

[models."bench/answer"]
endpoint = "bench"
name = "answer"
price_in = "1.00"
price_out = "4.00"

[models."bench/judge"]
endpoint = "bench"
name = "judge"
price_in = "1.00"
price_out = "4.00"

[models."bench/tokens"]
endpoint = "bench"
name = "tokens-{tokens}"

[presets.general-high]
panel = ["bench/answer", "bench/answer", "bench/answer"]
analyst = "bench/judge"
writer = "bench/answer"

[presets.streaming]
panel = ["bench/tokens", "bench/tokens", "bench/tokens"]
analyst = "bench/judge"
writer = "bench/tokens"

[local]
probe = false
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running process that serves HTTP on loopback."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Seconds of CPU that it has used, in all its threads."""
        return time.clock_gettime((~self.pid << 3) | 2)  # Linux: the CPU clock of another process

    def peak_mib(self) -> float:
        """The most memory that it has held at a time, in MiB."""
        return self._told("VmHWM")

    def held_mib(self) -> float:
        """The memory that it holds, in MiB."""
        return self._told("VmRSS")

    def _told(self, name: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


@contextmanager
def running(command: list[str], environ: dict[str, str] | None = None) -> Generator[subprocess.Popen[str]]:
    """A process for as long as the block lasts."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **(environ or {})}
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def first_line(process: subprocess.Popen[str]) -> str:
    """What a process says when it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError(f"{process.args} did not start")
    return line


@contextmanager
def upstream(delay: float, pace: float = 0.02) -> Generator[str]:
    """The upstream's base URL."""
    command = [sys.executable, "-m", "bench.upstream", "--delay", str(delay), "--pace", str(pace)]
    with running(command) as process:
        yield f"http://127.0.0.1:{first_line(process)}/v1"


@contextmanager
def bare(base_url: str) -> Generator[Server]:
    """The bare fan-out."""
    with running([sys.executable, "-m", "bench.bare", base_url]) as process:
        yield Server(process.pid, int(first_line(process)))


@contextmanager
def gateway(base_url: str, tokens: int = 100) -> Generator[Server]:
    """The gateway as `fuseline serve` starts it, with its database on disk."""
    with tempfile.TemporaryDirectory() as folder:
        config, ready = Path(folder) / "fuseline.toml", Path(folder) / "ready"
        config.write_text(CONFIG.format(upstream=base_url, tokens=tokens))
        command = [sys.executable, "-m", "fuseline", "serve", "--config", str(config), "--ready-file", str(ready)]
        with running(command, {"FUSELINE_HOME": folder}) as process:
            address = wait_for(ready, process)
            yield Server(process.pid, int(address.rpartition(":")[2]))


def wait_for(path: Path, process: subprocess.Popen[str]) -> str:
    """The content of a file that a process is about to write."""
    assert process.stdout is not None
    for _ in process.stdout:  # it tells where it listens after it has written the file
        if path.exists():
            return path.read_text().strip()
    raise RuntimeError("the gateway did not start; run `fuseline serve` by hand to see why")
