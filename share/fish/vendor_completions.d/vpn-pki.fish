# fish completion for vpn-pki
# Written by scripts/share from the program itself: `make docs`.

function __vpn_pki_at
    set -l at vpn-pki
    for word in (commandline -opc)[2..]
        switch "$at $word"
            case 'vpn-pki init' 'vpn-pki server' 'vpn-pki client' 'vpn-pki revoke' 'vpn-pki crl' 'vpn-pki ta-key' 'vpn-pki tls-crypt-key' 'vpn-pki tls-crypt-v2-key' 'vpn-pki list' 'vpn-pki export'
                set at "$at $word"
        end
    end
    test "$at" = "$argv"
end

complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a init -d 'a new authority'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a server -d 'a certificate for a server'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a client -d 'a certificate for a client'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a revoke -d 'revoke one, write crl.pem'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a crl -d 'write crl.pem anew'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a ta-key -d 'a new ta.key'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a tls-crypt-key -d 'a new tls-crypt.key'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a tls-crypt-v2-key -d 'a client'"'"'s own NAME-v2.key; makes the server'"'"'s'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a list -d 'what was issued'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki' -f -a export -d 'a client'"'"'s one-file .ovpn'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki init'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki init' -l name -r -d 'its common name'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki init' -l rsa -d 'RSA instead of EC P-256, for everything'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki init' -l days -r -d 'how long it is valid (3650)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki server' -f
complete -c vpn-pki -n '__vpn_pki_at vpn-pki server' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki server' -l days -r -d 'how long it is valid (825)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki server' -l rsa -d 'RSA instead of the authority'"'"'s type'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki client' -f
complete -c vpn-pki -n '__vpn_pki_at vpn-pki client' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki client' -l days -r -d 'how long it is valid (825)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki client' -l rsa -d 'RSA instead of the authority'"'"'s type'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki revoke' -f
complete -c vpn-pki -n '__vpn_pki_at vpn-pki revoke' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki crl' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki crl' -l days -r -d 'how long it is valid (180)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki ta-key' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki tls-crypt-key' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki tls-crypt-v2-key' -f
complete -c vpn-pki -n '__vpn_pki_at vpn-pki tls-crypt-v2-key' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki tls-crypt-v2-key' -l metadata -r -d 'base64 to note in it; without: the time'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki list' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki export' -f
complete -c vpn-pki -n '__vpn_pki_at vpn-pki export' -l dir -r -d 'the authority'"'"'s directory (./pki)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki export' -l remote -r -d 'HOST [PORT]'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki export' -l proto -x -a 'udp tcp' -d 'udp, tcp, udp6 … (udp)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki export' -l dev -x -a 'tun tap' -d 'tun or tap (tun)'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki export' -l wrap -x -a 'tls-crypt-v2 tls-crypt tls-auth none' -d 'tls-crypt-v2|tls-crypt|tls-auth|none'
complete -c vpn-pki -n '__vpn_pki_at vpn-pki export' -l out -r -d 'write here, readable by you alone'
