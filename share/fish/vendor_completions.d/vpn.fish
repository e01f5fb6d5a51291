# fish completion for vpn
# Written by scripts/share from the program itself: `make docs`.

function __vpn_at
    set -l at vpn
    for word in (commandline -opc)[2..]
    end
    test "$at" = "$argv"
end

complete -c vpn -n '__vpn_at vpn'
complete -c vpn -n '__vpn_at vpn' -l dev -x -a 'tun tap null' -d 'tun|tap|null|NAME'
complete -c vpn -n '__vpn_at vpn' -l dev-type -x -a 'tun tap null' -d 'tun|tap|null'
complete -c vpn -n '__vpn_at vpn' -l dev-node -r -d PATH
complete -c vpn -n '__vpn_at vpn' -l disable-dco -d 'accepted: there is no kernel offload here'
complete -c vpn -n '__vpn_at vpn' -l ifconfig -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l ifconfig-ipv6 -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l ifconfig-noexec
complete -c vpn -n '__vpn_at vpn' -l ifconfig-nowarn
complete -c vpn -n '__vpn_at vpn' -l lladdr -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l topology -x -a 'net30 p2p subnet' -d pushed
complete -c vpn -n '__vpn_at vpn' -l tun-mtu -r -d 'pushed; per remote'
complete -c vpn -n '__vpn_at vpn' -l tun-mtu-max -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l txqueuelen -r -d N
complete -c vpn -n '__vpn_at vpn' -l persist-tun -d pushed
complete -c vpn -n '__vpn_at vpn' -l passtos
complete -c vpn -n '__vpn_at vpn' -l remote -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l proto -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l port -r -d 'lport and rport'
complete -c vpn -n '__vpn_at vpn' -l lport -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l rport -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l local -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l bind -x -a ipv6only -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l nobind -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l connection
complete -c vpn -n '__vpn_at vpn' -l remote-random
complete -c vpn -n '__vpn_at vpn' -l remote-random-hostname
complete -c vpn -n '__vpn_at vpn' -l resolv-retry -x -a infinite -d 'SECONDS|infinite'
complete -c vpn -n '__vpn_at vpn' -l preresolve
complete -c vpn -n '__vpn_at vpn' -l proto-force -x -a 'udp tcp' -d 'udp|tcp'
complete -c vpn -n '__vpn_at vpn' -l connect-retry -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l connect-retry-max -x -a unlimited -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l connect-timeout -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l server-poll-timeout -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l float -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l multihome
complete -c vpn -n '__vpn_at vpn' -l ipchange -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l keepalive -r -d 'ping and ping-restart, for both ends'
complete -c vpn -n '__vpn_at vpn' -l ping -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l ping-exit -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l ping-restart -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l ping-timer-rem -d 'accepted: timers run only while there is a remote; pushed'
complete -c vpn -n '__vpn_at vpn' -l explicit-exit-notify -r -d 'pushed; per remote'
complete -c vpn -n '__vpn_at vpn' -l inactive -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l session-timeout -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l persist-local-ip
complete -c vpn -n '__vpn_at vpn' -l persist-remote-ip
complete -c vpn -n '__vpn_at vpn' -l fragment -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l mssfix -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l mtu-disc -x -a 'no maybe yes' -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l max-packet-size -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l rcvbuf -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l sndbuf -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l mark -r -d NUMBER
complete -c vpn -n '__vpn_at vpn' -l bind-dev -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l socket-flags -d 'accepted: TCP_NODELAY is always on; pushed'
complete -c vpn -n '__vpn_at vpn' -l tcp-nodelay -d 'accepted: always on'
complete -c vpn -n '__vpn_at vpn' -l nice -r -d N
complete -c vpn -n '__vpn_at vpn' -l client -d 'pull + tls-client'
complete -c vpn -n '__vpn_at vpn' -l pull
complete -c vpn -n '__vpn_at vpn' -l pull-filter -x -a 'accept ignore reject' -d 'accept|ignore|reject TEXT'
complete -c vpn -n '__vpn_at vpn' -l route-nopull
complete -c vpn -n '__vpn_at vpn' -l auth-user-pass -r -d '[FILE]'
complete -c vpn -n '__vpn_at vpn' -l auth-retry -x -a 'none nointeract interact' -d 'none|nointeract|interact'
complete -c vpn -n '__vpn_at vpn' -l auth-nocache
complete -c vpn -n '__vpn_at vpn' -l auth-token -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l auth-token-user -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l static-challenge -r -d 'TEXT 0|1 [scrv1|concat]'
complete -c vpn -n '__vpn_at vpn' -l push-peer-info
complete -c vpn -n '__vpn_at vpn' -l ignore-unknown-option -r -d 'leave these out where they are not known'
complete -c vpn -n '__vpn_at vpn' -l setenv -r -d 'NAME [VALUE]'
complete -c vpn -n '__vpn_at vpn' -l setenv-safe -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l compat-mode -r -d VERSION
complete -c vpn -n '__vpn_at vpn' -l push-continuation -d 'accepted: the messages of one push are already joined; pushed'
complete -c vpn -n '__vpn_at vpn' -l peer-id -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l mode -x -a 'p2p server' -d 'p2p|server'
complete -c vpn -n '__vpn_at vpn' -l server -r -d 'a server with a pool of addresses'
complete -c vpn -n '__vpn_at vpn' -l server-ipv6 -r -d 'the same for IPv6'
complete -c vpn -n '__vpn_at vpn' -l server-bridge -r -d '[GATEWAY] [NETMASK] [START] [END]'
complete -c vpn -n '__vpn_at vpn' -l push -r -d DIRECTIVE
complete -c vpn -n '__vpn_at vpn' -l push-reset -d 'is for one client: it stands in a file of client-config-dir'
complete -c vpn -n '__vpn_at vpn' -l push-remove -d 'is for one client: it stands in a file of client-config-dir'
complete -c vpn -n '__vpn_at vpn' -l ifconfig-pool -r -d 'START END [NETMASK]'
complete -c vpn -n '__vpn_at vpn' -l ifconfig-pool-persist -r -d 'FILE [SECONDS]'
complete -c vpn -n '__vpn_at vpn' -l ifconfig-ipv6-pool -r -d BASE/BITS
complete -c vpn -n '__vpn_at vpn' -l ifconfig-push -r -d 'LOCAL REMOTE|NETMASK [ALIAS]'
complete -c vpn -n '__vpn_at vpn' -l ifconfig-ipv6-push -r -d 'ADDRESS/BITS [REMOTE]'
complete -c vpn -n '__vpn_at vpn' -l ifconfig-push-constraint -r -d 'NETWORK NETMASK'
complete -c vpn -n '__vpn_at vpn' -l iroute -r -d 'NETWORK [NETMASK]'
complete -c vpn -n '__vpn_at vpn' -l iroute-ipv6 -r -d PREFIX/BITS
complete -c vpn -n '__vpn_at vpn' -l client-config-dir -r -d DIRECTORY
complete -c vpn -n '__vpn_at vpn' -l ccd-exclusive
complete -c vpn -n '__vpn_at vpn' -l client-to-client
complete -c vpn -n '__vpn_at vpn' -l duplicate-cn
complete -c vpn -n '__vpn_at vpn' -l max-clients -r -d N
complete -c vpn -n '__vpn_at vpn' -l max-routes-per-client -r -d N
complete -c vpn -n '__vpn_at vpn' -l connect-freq -r -d 'N SECONDS'
complete -c vpn -n '__vpn_at vpn' -l connect-freq-initial -r -d 'N SECONDS'
complete -c vpn -n '__vpn_at vpn' -l tcp-queue-limit -r -d PACKETS
complete -c vpn -n '__vpn_at vpn' -l port-share -r -d 'HOST PORT [DIRECTORY]'
complete -c vpn -n '__vpn_at vpn' -l stale-routes-check -r -d 'SECONDS [INTERVAL]'
complete -c vpn -n '__vpn_at vpn' -l verify-client-cert -x -a 'none optional require' -d 'none|optional|require'
complete -c vpn -n '__vpn_at vpn' -l username-as-common-name
complete -c vpn -n '__vpn_at vpn' -l auth-user-pass-optional
complete -c vpn -n '__vpn_at vpn' -l auth-user-pass-verify -r -d 'COMMAND via-env|via-file'
complete -c vpn -n '__vpn_at vpn' -l auth-gen-token -r -d '[SECONDS] [RENEWAL] [external-auth]'
complete -c vpn -n '__vpn_at vpn' -l auth-gen-token-secret -r -d '[FILE]'
complete -c vpn -n '__vpn_at vpn' -l client-connect -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l client-disconnect -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l client-crresponse -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l learn-address -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l tmp-dir -r -d DIRECTORY
complete -c vpn -n '__vpn_at vpn' -l disable
complete -c vpn -n '__vpn_at vpn' -l override-username -r -d NAME
complete -c vpn -n '__vpn_at vpn' -l vlan-tagging
complete -c vpn -n '__vpn_at vpn' -l vlan-accept -x -a 'all tagged untagged' -d 'all|tagged|untagged'
complete -c vpn -n '__vpn_at vpn' -l vlan-pvid -r -d N
complete -c vpn -n '__vpn_at vpn' -l route -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l route-ipv6 -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l route-gateway -x -a dhcp -d pushed
complete -c vpn -n '__vpn_at vpn' -l route-ipv6-gateway -r -d ADDRESS
complete -c vpn -n '__vpn_at vpn' -l route-metric -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l route-delay -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l route-up -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l route-pre-down -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l route-noexec
complete -c vpn -n '__vpn_at vpn' -l redirect-gateway -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l redirect-private -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l block-ipv6 -d pushed
complete -c vpn -n '__vpn_at vpn' -l dhcp-option -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l dns -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l dns-updown -x -a 'disable force' -d 'disable|force'
complete -c vpn -n '__vpn_at vpn' -l tls-client
complete -c vpn -n '__vpn_at vpn' -l tls-server
complete -c vpn -n '__vpn_at vpn' -l ca -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l cert -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l key -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l dh -r -a none -d 'FILE|none'
complete -c vpn -n '__vpn_at vpn' -l extra-certs -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l capath -r -d DIRECTORY
complete -c vpn -n '__vpn_at vpn' -l pkcs12 -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l askpass -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l crl-verify -r -d 'FILE|DIRECTORY [dir]'
complete -c vpn -n '__vpn_at vpn' -l verify-x509-name -r -d 'NAME [subject|name|name-prefix]'
complete -c vpn -n '__vpn_at vpn' -l remote-cert-tls -x -a 'client server' -d 'client|server'
complete -c vpn -n '__vpn_at vpn' -l remote-cert-ku -r -d '[BITS] ...'
complete -c vpn -n '__vpn_at vpn' -l remote-cert-eku -r -d 'OID|NAME'
complete -c vpn -n '__vpn_at vpn' -l ns-cert-type -d 'accepted as another: obsolete; taken as remote-cert-tls'
complete -c vpn -n '__vpn_at vpn' -l verify-hash -r -d 'HASH [SHA1|SHA256]'
complete -c vpn -n '__vpn_at vpn' -l peer-fingerprint -r -d HASH
complete -c vpn -n '__vpn_at vpn' -l tls-auth -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l tls-crypt -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l tls-crypt-v2 -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l tls-crypt-v2-verify -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l tls-crypt-v2-max-age -r -d DAYS
complete -c vpn -n '__vpn_at vpn' -l key-direction -x -a '0 1' -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l tls-version-min -r -d 'VERSION [or-highest]'
complete -c vpn -n '__vpn_at vpn' -l tls-version-max -r -d VERSION
complete -c vpn -n '__vpn_at vpn' -l tls-cipher -r -d LIST
complete -c vpn -n '__vpn_at vpn' -l tls-ciphersuites -r -d LIST
complete -c vpn -n '__vpn_at vpn' -l tls-groups -r -d LIST
complete -c vpn -n '__vpn_at vpn' -l tls-cert-profile -x -a 'insecure legacy preferred suiteb' -d 'insecure|legacy|preferred|suiteb'
complete -c vpn -n '__vpn_at vpn' -l ecdh-curve -r -d NAME
complete -c vpn -n '__vpn_at vpn' -l tls-verify -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l tls-export-cert -r -d DIRECTORY
complete -c vpn -n '__vpn_at vpn' -l x509-username-field -r -d 'FIELD ...'
complete -c vpn -n '__vpn_at vpn' -l x509-track -r -d '[+]ATTRIBUTE'
complete -c vpn -n '__vpn_at vpn' -l hand-window -r -d SECONDS
complete -c vpn -n '__vpn_at vpn' -l tran-window -r -d SECONDS
complete -c vpn -n '__vpn_at vpn' -l tls-timeout -r -d SECONDS
complete -c vpn -n '__vpn_at vpn' -l reneg-sec -r -d 'SECONDS [MIN]'
complete -c vpn -n '__vpn_at vpn' -l reneg-bytes -r -d BYTES
complete -c vpn -n '__vpn_at vpn' -l reneg-pkts -r -d PACKETS
complete -c vpn -n '__vpn_at vpn' -l single-session
complete -c vpn -n '__vpn_at vpn' -l tls-exit
complete -c vpn -n '__vpn_at vpn' -l cipher -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l data-ciphers -r -d LIST
complete -c vpn -n '__vpn_at vpn' -l data-ciphers-fallback -r -d NAME
complete -c vpn -n '__vpn_at vpn' -l ncp-ciphers -r -d LIST
complete -c vpn -n '__vpn_at vpn' -l auth -r -d DIGEST
complete -c vpn -n '__vpn_at vpn' -l force-tls-key-material-export
complete -c vpn -n '__vpn_at vpn' -l key-derivation -x -a tls-ekm -d pushed
complete -c vpn -n '__vpn_at vpn' -l protocol-flags -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l replay-window -r -d 'PACKETS [SECONDS]'
complete -c vpn -n '__vpn_at vpn' -l mute-replay-warnings
complete -c vpn -n '__vpn_at vpn' -l secret -r -d 'FILE [0|1]'
complete -c vpn -n '__vpn_at vpn' -l allow-deprecated-insecure-static-crypto
complete -c vpn -n '__vpn_at vpn' -l comp-lzo -x -a 'no yes adaptive' -d pushed
complete -c vpn -n '__vpn_at vpn' -l compress -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l allow-compression -x -a 'no asym yes' -d '[no|asym|yes]'
complete -c vpn -n '__vpn_at vpn' -l management -r -d 'HOST|PATH PORT|unix [PASSWORD-FILE]'
complete -c vpn -n '__vpn_at vpn' -l management-hold
complete -c vpn -n '__vpn_at vpn' -l management-query-passwords
complete -c vpn -n '__vpn_at vpn' -l management-query-remote
complete -c vpn -n '__vpn_at vpn' -l management-query-proxy
complete -c vpn -n '__vpn_at vpn' -l management-signal
complete -c vpn -n '__vpn_at vpn' -l management-forget-disconnect
complete -c vpn -n '__vpn_at vpn' -l management-up-down
complete -c vpn -n '__vpn_at vpn' -l management-client
complete -c vpn -n '__vpn_at vpn' -l management-client-auth
complete -c vpn -n '__vpn_at vpn' -l management-client-user -r -d NAME
complete -c vpn -n '__vpn_at vpn' -l management-client-group -r -d NAME
complete -c vpn -n '__vpn_at vpn' -l management-log-cache -r -d LINES
complete -c vpn -n '__vpn_at vpn' -l config -r -d 'read directives from a file'
complete -c vpn -n '__vpn_at vpn' -l verb -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l mute -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l log -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l log-append -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l status -r -d 'FILE [SECONDS]'
complete -c vpn -n '__vpn_at vpn' -l status-version -x -a '1 2 3' -d '1|2|3'
complete -c vpn -n '__vpn_at vpn' -l syslog -r -d '[NAME]'
complete -c vpn -n '__vpn_at vpn' -l daemon -r -d '[NAME]'
complete -c vpn -n '__vpn_at vpn' -l suppress-timestamps
complete -c vpn -n '__vpn_at vpn' -l machine-readable-output
complete -c vpn -n '__vpn_at vpn' -l errors-to-stderr
complete -c vpn -n '__vpn_at vpn' -l writepid -r -d FILE
complete -c vpn -n '__vpn_at vpn' -l user -r -d NAME
complete -c vpn -n '__vpn_at vpn' -l group -r -d NAME
complete -c vpn -n '__vpn_at vpn' -l cd -r -d DIRECTORY
complete -c vpn -n '__vpn_at vpn' -l chroot -r -d DIRECTORY
complete -c vpn -n '__vpn_at vpn' -l mlock
complete -c vpn -n '__vpn_at vpn' -l remap-usr1 -r -d 'SIGHUP|SIGTERM'
complete -c vpn -n '__vpn_at vpn' -l echo -r -d pushed
complete -c vpn -n '__vpn_at vpn' -l parameter -d 'accepted: for front ends; pushed'
complete -c vpn -n '__vpn_at vpn' -l script-security -x -a '0 1 2 3' -d '0|1|2|3'
complete -c vpn -n '__vpn_at vpn' -l up -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l down -r -d COMMAND
complete -c vpn -n '__vpn_at vpn' -l down-pre
complete -c vpn -n '__vpn_at vpn' -l up-delay -d 'accepted: the tun is opened when the other end is known, in any case'
complete -c vpn -n '__vpn_at vpn' -l up-restart
complete -c vpn -n '__vpn_at vpn' -l http-proxy -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l http-proxy-option -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l http-proxy-user-pass -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l socks-proxy -r -d 'per remote'
complete -c vpn -n '__vpn_at vpn' -l help -d 'this text; a command of its own'
complete -c vpn -n '__vpn_at vpn' -l version -d 'the version; a command of its own'
complete -c vpn -n '__vpn_at vpn' -l genkey -r -d 'a new key: secret (also for --tls-auth and --tls-crypt),; a command of its own'
complete -c vpn -n '__vpn_at vpn' -l test-crypto -d 'seal and open packets with every cipher; a command of its own'
complete -c vpn -n '__vpn_at vpn' -l show-ciphers -d 'a command of its own'
complete -c vpn -n '__vpn_at vpn' -l show-digests -d 'a command of its own'
complete -c vpn -n '__vpn_at vpn' -l show-tls -d 'a command of its own'
complete -c vpn -n '__vpn_at vpn' -l show-curves -d 'a command of its own'
complete -c vpn -n '__vpn_at vpn' -l show-groups -d 'a command of its own'
