"""Both ends give up their rights once the tunnel stands: nobody, in a directory with nothing in it.

user and group make the process nobody's, chroot takes the file system away from it. The tunnel
carries on, also over a restart, for which persist-tun and persist-key keep what could not be
opened again.
"""

from __future__ import annotations

import os
import pwd
import signal
from pathlib import Path

from labs.scenario import Stage, scenario
from labs.scenarios.howto import as_nobody

UP = "Initialization Sequence Completed"


@scenario(howto=(19,))
def play(stage: Stage) -> None:
    lab, jail = stage.lab, stage.lab.sandbox.directory / "jail"
    (jail / "tmp").mkdir(parents=True)
    rights = as_nobody(stage)
    stage.up(*rights, f"chroot={jail}", "persist-tun", "persist-key")
    for end in lab.ends:
        assert end.process is not None
        place = Path(f"/proc/{end.process.pid}")
        owner = pwd.getpwuid(place.stat().st_uid).pw_name
        stage.see(f"{end.name} runs as {owner}", owner == "nobody" or not rights, owner)
        root = os.readlink(place / "root")
        stage.see(f"its root directory is {Path(root).name}", root == str(jail), root)
    stage.pings("client", "files")
    stage.act("The client is told to connect anew (SIGUSR1).")
    assert lab.client.process is not None
    lab.client.process.send_signal(signal.SIGUSR1)
    stage.waits("it is up again", lambda: lab.client.log_text().count(UP) >= 2)
    stage.pings("client", "files")
