"""The core's questions (vpn/hooks.py), answered by the user's scripts and by files."""

from __future__ import annotations

import tempfile

from vpn.system import scripts
from vpn.system.learn_address import LearnAddress


class ShellHooks(LearnAddress):
    """Each script is run and waited for; without one the answer is yes."""

    def tls_crypt_v2_verify(self, kind: int, metadata: bytes) -> bool:
        """The script finds what is noted in a client's key in a file [man: tls-crypt-v2-verify]."""
        command = self._options.scripts.tls_crypt_v2_verify
        if not command:
            return True
        with tempfile.NamedTemporaryFile(prefix="tls_crypt_v2_metadata_") as file:
            file.write(metadata)
            file.flush()
            environment = {
                **dict(self._options.scripts.environment),
                "script_type": "tls-crypt-v2-verify",
                "metadata_type": str(kind),
                "metadata_file": file.name,
            }
            security = self._options.scripts.security
            return scripts.run("tls-crypt-v2-verify", command, environment, security) == 0
