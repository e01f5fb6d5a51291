"""The core's questions (vpn/hooks.py), answered by the user's scripts and by files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vpn.config.options import Options
from vpn.hooks import Environment
from vpn.system import interface, scripts
from vpn.system.environment import of_process
from vpn.system.learn_address import LearnAddress


class ShellHooks(LearnAddress):
    """Each script is run and waited for; without one the answer is yes."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        source = options.tls.revocations
        self._revoked = Path(source.path).absolute() if source.path else None
        self._seen = self._look()
        self._key_log = options.process.key_log

    def tls_verify(
        self, depth: int, subject: str, environment: Environment, pem: Callable[[], bytes]
    ) -> bool:
        """The script gets depth and subject as its last arguments [man: --tls-verify]."""
        command, settings = self._options.scripts.tls_verify, self._options.scripts
        if not command:
            return True
        known = of_process(self._options) | environment() | {"script_type": "tls-verify"}
        words = [*command, str(depth), subject]
        with self._exported(pem) as path:
            known |= {"peer_cert": path} if path else {}
            return scripts.run("tls-verify", words, known, settings.security) == 0

    @contextmanager
    def _exported(self, pem: Callable[[], bytes]) -> Iterator[str]:
        """A file with the certificate, while the script runs [man: --tls-export-cert]."""
        if (directory := self._options.tls.export_cert) is None:
            yield ""
            return
        with tempfile.NamedTemporaryFile(prefix="openvpn_pcf_", dir=directory) as file:
            file.write(pem())
            file.flush()
            yield file.name

    def is_revoked(self, serial: int) -> bool:
        """A file whose name is the number revokes it."""
        return self._revoked is not None and (self._revoked / str(serial)).exists()

    def revocations(self) -> bytes | None:
        """Looked at before each handshake; read when time or size are others."""
        if self._revoked is None or self._options.tls.revocations.is_directory:
            return None
        seen = self._look()
        if seen is None or seen == self._seen:
            return None
        self._seen = seen
        try:
            return self._revoked.read_bytes()
        except OSError:
            return None

    def _look(self) -> tuple[int, int] | None:
        if self._revoked is None:
            return None
        try:
            found = self._revoked.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def log_key(self, line: str) -> None:
        """For the eyes of the owner alone."""
        if self._key_log is None:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        with os.fdopen(os.open(self._key_log, flags, 0o600), "a", encoding="ascii") as file:
            file.write(f"{line}\n")

    def tls_crypt_v2_verify(self, kind: int, metadata: bytes) -> bool:
        """The script finds what is noted in a client's key in a file [man: tls-crypt-v2-verify]."""
        command = self._options.scripts.tls_crypt_v2_verify
        if not command:
            return True
        with tempfile.NamedTemporaryFile(prefix="tls_crypt_v2_metadata_") as file:
            file.write(metadata)
            file.flush()
            environment = {
                **of_process(self._options),
                "script_type": "tls-crypt-v2-verify",
                "metadata_type": str(kind),
                "metadata_file": file.name,
            }
            security = self._options.scripts.security
            return scripts.run("tls-crypt-v2-verify", command, environment, security) == 0

    def hardware_address(self) -> str:
        """What `ip link` shows of the link that the default route leaves by."""
        return interface.default_hardware_address()
