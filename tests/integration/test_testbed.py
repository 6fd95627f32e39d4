"""What the scripts of contrib/testbed promise the tests."""
import subprocess

from harness import process

GONE = """. "$1/lib.bash"
true &
pid=$!
wait "$pid"
stop_process "$pid" "$(start_time "$pid")" 1"""


def test_what_is_gone_is_not_waited_for():
    """A child that ends while its script ends, of which nothing is known."""
    subprocess.run(["bash", "-c", GONE, "-", process.TESTBED], check=True,
                   timeout=process.PATIENCE, stdin=subprocess.DEVNULL,
                   capture_output=True)
