"""Runs one program of the user's: allowed or not, with which environment, how it ended.

Nothing of our own environment is passed on but where programs are found. What comes from the other
end has no control characters in it; scripts must quote all the same [man: --script-security].
"""

from __future__ import annotations

import logging
import os
import subprocess
import time
from collections.abc import Container, Mapping, Sequence

from vpn.system import logfile

log = logging.getLogger("vpn.scripts")

USER_DEFINED = 2  # the level of script-security that lets scripts run
PASSWORDS = 3  # and the one that lets passwords into their environment
STARTED = int(time.time())
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOT_ALLOWED = (
    "WARNING: External program may not be called unless '--script-security 2' or higher is "
    "enabled. See --help text or man page for detailed info."
)


def run(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    security: int,
    accepted: Container[int] = (),
) -> int | None:
    """Run it to its end; its exit code, None if it could not be run. The log says what went wrong.

    name: the directive that asks for it, for the log. accepted: exit codes that mean no failure.
    """
    if security < USER_DEFINED:
        log.warning("%s", NOT_ALLOWED)
        return None
    logfile.flush()  # what the script prints comes after our lines
    own = {"PATH": PATH, "daemon_pid": str(os.getpid()), "daemon_start_time": str(STARTED)}
    try:
        done = subprocess.run(
            command, env=own | cleaned(environment), stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, ValueError) as problem:
        why = os.strerror(problem.errno or 0) if isinstance(problem, OSError) else str(problem)
        log.warning("WARNING: Failed running command (--%s): %s: %s", name, command[0], why)
        return None
    if done.returncode < 0:
        log.warning("WARNING: Failed running command (--%s): killed by a signal", name)
    elif done.returncode and done.returncode not in accepted:
        text = "WARNING: Failed running command (--%s): external program exited with error "
        log.warning(text + "status: %d", name, done.returncode)
    return done.returncode


def cleaned(environment: Mapping[str, str]) -> dict[str, str]:
    """Names and values as they may go into an environment: what does not print becomes `_`."""
    return {
        "".join(letter if letter.isalnum() else "_" for letter in name): "".join(
            letter if letter.isprintable() else "_" for letter in value
        )
        for name, value in environment.items()
    }
