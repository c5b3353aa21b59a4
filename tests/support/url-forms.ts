/**
 * T14: ways of writing a URL that lead to a loopback address, to another host or to another protocol on some way of reading it,
 * while `localhost` is the one name that is allowed. `P` is the port of a canary that must hear nothing.
 */

export const URL_FORMS: readonly string[] = [
  // Numbers for an address.
  ...['http://127.0.0.1:P', 'http://127.1:P', 'http://127.0.1:P', 'http://2130706433:P', 'http://0x7f000001:P'],
  ...[
    'http://0x7f.0x0.0x0.0x1:P',
    'http://0x7f.1:P',
    'http://0177.0.0.1:P',
    'http://0177.1:P',
    'http://017700000001:P',
  ],
  ...['http://127.0.0.001:P', 'http://127.000.000.001:P', 'http://127.2.3.4:P', 'http://0:P', 'http://0.0.0.0:P'],
  ...['http://127.0.0.1.:P', 'http://%31%32%37.0.0.1:P', 'http://①②⑦.⓪.⓪.①:P', 'http://127。0。0。1:P'],
  // The same address in the other family.
  ...[
    'http://[::1]:P',
    'http://[0:0:0:0:0:0:0:1]:P',
    'http://[0000::0001]:P',
    'http://[::]:P',
    'http://[::127.0.0.1]:P',
  ],
  ...['http://[::ffff:127.0.0.1]:P', 'http://[::ffff:7f00:1]:P', 'http://[0:0:0:0:0:ffff:7f00:1]:P'],
  ...['http://[64:ff9b::127.0.0.1]:P', 'http://[64:ff9b::7f00:1]:P', 'http://[2002:7f00:1::]:P', 'http://[::1%25lo]:P'],
  // Names that are nearly the allowed one.
  ...[
    'http://localhost.:P',
    'http://localhost..:P',
    'http://localhost.localdomain:P',
    'http://localhost.evil.example:P',
  ],
  ...[
    'http://evil-localhost:P',
    'http://xlocalhost:P',
    'http://localhost%00.evil.example:P',
    'http://localhost%2eevil:P',
  ],
  ...[
    'http://127.0.0.1.nip.io:P',
    'http://localtest.me:P',
    'http://ip6-localhost:P',
    'http://ⓛocalhost.evil.example:P',
  ],
  // Somebody before or behind the host.
  ...[
    'http://localhost@127.0.0.1:P',
    'http://localhost:x@127.0.0.1:P',
    'http://localhost:P@127.0.0.1:P',
    'http://a:b@localhost:P',
  ],
  ...[
    'http://user@localhost:P',
    'http://127.0.0.1:P#@localhost',
    'http://127.0.0.1:P?@localhost',
    'http://127.0.0.1:P\\@localhost',
  ],
  ...[
    'http://127.0.0.1:P/@localhost/',
    'http://127.0.0.1:P;@localhost/',
    'http:\\\\127.0.0.1:P',
    'http:127.0.0.1:P',
    '////127.0.0.1:P',
  ],
  // Other ways to get somewhere.
  ...[
    'http://169.254.169.254/latest/meta-data',
    'http://[fd00:ec2::254]/',
    'http://10.0.0.1:P',
    'http://192.168.0.1:P',
  ],
  ...['http://100.64.0.1:P', 'http://172.16.0.1:P', 'http://224.0.0.1:P', 'http://255.255.255.255:P'],
  ...['ftp://localhost:P', 'gopher://localhost:P/_GET', 'file:///etc/passwd', 'dict://localhost:P', 'ws://localhost:P'],
  ...[
    'data:text/plain,x',
    'javascript:alert(1)',
    'unix:///var/run/docker.sock',
    '//localhost:P',
    'localhost:P',
    'http://',
  ],
];
