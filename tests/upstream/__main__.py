"""Runs the fault upstream by hand: `python -m tests.upstream --port 9100`, until it is interrupted."""

import argparse
import signal

from tests.upstream.faults import FAULTS, PREFIX
from tests.upstream.server import fault_upstream


def main() -> None:
    """Print the address and the names of the models, then serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.upstream", description=__doc__)
    parser.add_argument("--port", type=int, default=9100, help="port on 127.0.0.1; 0 takes a free one (default: 9100)")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with fault_upstream(wanted.port) as upstream:
        print(upstream.base_url, flush=True)
        for name, fault in FAULTS.items():
            print(f"  {PREFIX}{name:<24}{fault.rows}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopped", flush=True)


if __name__ == "__main__":
    main()
