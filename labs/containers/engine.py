"""The Docker engine, and what a lab has in it: found by labels, whatever became of its files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from labs.errors import LabError

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container
    from docker.models.networks import Network

LABEL = "vpnlab.lab"
NODE = "vpnlab.node"
IMAGE = "vpnlab"
NO_ADDRESS = "com.docker.network.bridge.inhibit_ipv4"  # the host is in none of a lab's networks
IN_PROGRESS = 409  # HTTP
AT_ONCE = 8
MTU = "com.docker.network.driver.mtu"


def image() -> str:
    """The image of the nodes [VPNLAB_IMAGE]."""
    return os.environ.get("VPNLAB_IMAGE", IMAGE)


def address() -> str:
    """Which engine it is; empty: the usual one."""
    return os.environ.get("DOCKER_HOST", "")


def program() -> str:
    """The client program, by which commands run in containers."""
    found = shutil.which("docker")
    if found is None:
        raise LabError("docker", "is not installed", "install Docker, or take --backend netns")
    return found


@contextmanager
def connected() -> Iterator[DockerClient]:
    """A connection to the engine; what it refuses is one line."""
    import docker
    from docker.errors import APIError, DockerException, ImageNotFound

    try:
        client = docker.from_env()
    except DockerException as error:
        why = f"does not answer: {_last(error)}"
        raise LabError("the Docker engine", why, "start it, or set DOCKER_HOST") from None
    try:
        yield client
    except ImageNotFound:
        fix = "docker build -t vpnlab . (or scripts/container-image), or set VPNLAB_IMAGE"
        raise LabError(f"no image {image()}", fix=fix) from None
    except APIError as error:
        raise LabError("the Docker engine refuses", str(error.explanation or error)) from None
    finally:
        client.close()


def _last(error: BaseException) -> str:
    """The cause of what an HTTP library has wrapped again and again."""
    return str(error).rpartition("(")[2].strip(")'\"") or str(error)


def containers(client: DockerClient, lab: str) -> dict[str, Container]:
    """A lab's containers by node."""
    found = client.containers.list(
        all=True, filters={"label": f"{LABEL}={lab}"}, ignore_removed=True
    )
    return {one.labels[NODE]: one for one in found}


def labs_with_containers(client: DockerClient) -> set[str]:
    """All labs that have any."""
    found = client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True)
    return {one.labels[LABEL] for one in found}


def remove(client: DockerClient, lab: str) -> None:
    """All that a lab has in the engine."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(_end, containers(client, lab).values()))
        networks = client.networks.list(filters={"label": f"{LABEL}={lab}"})
        list(pool.map(_remove_network, networks))


def _remove_network(network: Network) -> None:
    from docker.errors import NotFound

    with suppress(NotFound):
        network.remove()


def _end(container: Container) -> None:
    """Remove a container, which may be about to remove itself."""
    from docker.errors import APIError, NotFound

    with suppress(NotFound):
        try:
            container.remove(force=True, v=True)
        except APIError as error:
            if error.status_code != IN_PROGRESS:
                raise
            container.wait(condition="removed")
