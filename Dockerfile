# One image for every node: `vpn`, `vpn-pki`, `lab`, and the stock `openvpn` beside them.
#
#   docker build -t vpnlab .
#   docker build -t vpnlab --build-arg BASE=debian:trixie-slim .
#
# BASE is a Debian with Python 3.11 or newer among its packages. Where the build cannot reach PyPI,
# put the wheels into wheels/ first: scripts/container-image does.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv
COPY . /src
RUN python3 -m venv /opt/vpnlab \
    && if [ -d /src/wheels ]; then what=$(echo /src/wheels/*.whl); else what="/src[lab]"; fi \
    && /opt/vpnlab/bin/pip install --no-cache-dir $what \
    && /opt/vpnlab/bin/pip uninstall -y pip setuptools \
    && find /opt/vpnlab -depth -name tests -exec rm -r {} + \
    && ln -s "$(echo /opt/vpnlab/lib/python3*/site-packages)" /opt/vpnlab/packages

FROM ${BASE}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        curl iperf3 iproute2 iputils-ping nftables openvpn procps python3 tcpdump \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
    # A program with a capability of its own does not start where that one is not to be had at all.
    && cp /usr/bin/ping /tmp/ping && mv /tmp/ping /usr/bin/ping
COPY --from=build /opt/vpnlab /opt/vpnlab
ENV PATH=/opt/vpnlab/bin:$PATH LANG=C.UTF-8 PYTHONUNBUFFERED=1
CMD ["lab", "--help"]
