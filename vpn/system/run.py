"""One process from its options to its exit code: log, rights, core, loop, and the same again.

A SIGHUP reads the configuration again, a server's SIGUSR1 begins again with the same; a client's
SIGUSR1 is the core's own matter.
"""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vpn.config.options import DevType, Options
from vpn.errors import ConfigError, VpnError
from vpn.system import arrays, daemon, logfile, privileges, service_manager
from vpn.system.device import Device
from vpn.system.endpoint import Action, Ending, Endpoint
from vpn.system.loop import Core, Loop, Split
from vpn.system.signals import Signals
from vpn.trace import NOTICE, Tracer

if TYPE_CHECKING:
    from vpn.system.management.service import Management

log = logging.getLogger("vpn.process")

EXIT_ERROR = 1
NEW_OBJECTS = 20_000  # between two collections: a handshake makes some thousands, and no cycles


class Program:
    """What outlives a restart: the log, the device, the account that was given up."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._device = Device()
        self._account: privileges.Account | None = None
        self._management: Management | None = None
        self._is_started = False
        self._leaves_directory = False  # a daemon holds no file system, once all is open
        self._tracer: Tracer | None = None

    def run(self, options: Options, reload: Callable[[], Options]) -> int:
        """Until an ending that is no restart; the exit code."""
        self._start_log(options)
        with Signals() as signals:
            try:
                while True:
                    ending = self._run_once(options, signals)
                    if ending is None:
                        return EXIT_ERROR
                    log.log(NOTICE, "%s", ending)
                    if ending.action is Action.EXIT:
                        return ending.exit_code
                    if ending.action is Action.RELOAD:
                        options = reload()
                        self._start_log(options)
            except ConfigError as problem:
                if not self._is_started:
                    raise
                self._fatal(f"Options error: {problem}")  # whoever sent the SIGHUP reads the log
                return EXIT_ERROR
            finally:
                self._device.close()
                if self._management is not None:
                    self._management.close()

    def _start_log(self, options: Options) -> None:
        """The log file stays the one of the start; how much is in it may change."""
        self._log = logfile.start(
            options.log, daemon=options.process.daemon, again=self._is_started
        )
        if self._management is not None:
            self._management.watch_log(self._log)
        log.log(NOTICE, "%s", self._title)
        for text in options.warnings:
            log.warning("%s", text)

    def _run_once(self, options: Options, signals: Signals) -> Ending | None:
        """From the core's start to its ending; None after a failure that the log has."""
        if options.process.trace_log and self._tracer is None:
            from vpn.system.trace_log import TraceLog

            self._tracer = TraceLog(options.process.trace_log)
        core = build(options, self._tracer)
        if not self._is_started:
            self._start_process(options)
        endpoint = Endpoint(
            core, options, self._device, signals, self._drop_rights, self._management
        )
        try:
            with logfile.held():
                Loop(core, endpoint, split=_split(options)).run()
        except VpnError as problem:
            self._fatal(str(problem))
        finally:
            endpoint.close()
        return endpoint.ending

    def _drop_rights(self) -> None:
        """After the first tunnel came up, and never again."""
        service_manager.tell("STATUS=Initialization Sequence Completed")
        if self._leaves_directory:
            os.chdir("/")
        if self._account is not None:
            privileges.drop(self._account)
            self._account = None

    def _start_process(self, options: Options) -> None:
        """Once: directory, background, pid file, priority; who to become is looked up, not done."""
        self._is_started = True
        process = options.process
        if process.cd is not None:
            os.chdir(process.cd)
        self._account = privileges.account_for(process)
        if process.daemon is not None:
            daemon.daemonize()
            self._leaves_directory = process.cd is None
        if process.writepid is not None:
            daemon.write_pid(process.writepid)
        if process.nice:
            daemon.set_nice(process.nice)
            log.log(NOTICE, "nice %d succeeded", process.nice)
        if process.mlock:
            daemon.lock_memory()
        self._device.get_ready()
        if self._account is not None:
            arrays.load()  # whoever it is then may not read the library's files
        gc.freeze()  # what is here now stays: no collection has to walk through it again
        gc.set_threshold(NEW_OBJECTS)
        if options.management.address is not None:
            from vpn.system.management.service import Management

            self._management = Management(options, self._log)
        service_manager.tell(
            "READY=1", "STATUS=Pre-connection initialization successful", f"MAINPID={os.getpid()}"
        )

    def _fatal(self, text: str) -> None:
        """The two last lines of a process that can't go on, in the stock program's order."""
        log.error("%s", text)
        log.error("Exiting due to fatal error")
        if self._management is not None:
            self._management.fatal(text)


def _split(options: Options) -> Split | None:
    """How packets are told apart by their TOS, if passtos asks for it."""
    if not options.link.passtos:
        return None
    from vpn.system import tos

    return tos.frames_by_tos if options.tun.dev_type is DevType.TAP else tos.by_tos


def build(options: Options, tracer: Tracer | None = None) -> Core:
    """The core that these options ask for."""
    from vpn.system.hooks import ShellHooks

    if options.server.mode_server:
        from vpn.tunnel.server import Server

        return Server(options, os.urandom, time.time, tracer, ShellHooks(options))
    if options.tls.static_key is not None:
        from vpn.tunnel.static_end import StaticEnd

        return StaticEnd(options, os.urandom, time.time, tracer)
    if options.is_point_to_point:
        from vpn.tunnel.point_to_point import PointToPoint

        return PointToPoint(options, os.urandom, time.time, tracer, ShellHooks(options))
    from vpn.tunnel.client import Client

    return Client(options, os.urandom, time.time, tracer, ShellHooks(options))
