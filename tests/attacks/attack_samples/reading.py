"""Looks for the tests, the solution, other people's work and the outside world. Promises P2 and P4."""

import hashlib

from attack_samples.target import SECRET, Attack, on

SEARCH = """
import hashlib
HALF = b"canary-in-"
def secret(text):
    # the whole is never in this process' memory: what is found is not the search itself
    text = text.encode() if isinstance(text, str) else text
    at = text.find(HALF)
    while at >= 0:
        if hashlib.sha256(text[at + 10:at + 20]).hexdigest() == "DIGEST": return True
        at = text.find(HALF, at + 1)
    return False
def report(found):
    raise RuntimeError(f"found {found}" if found else "found nothing")
""".replace("DIGEST", hashlib.sha256(SECRET.encode()[10:20]).hexdigest())


def search(name: str, body: str, promise: str = "P2") -> Attack:
    """Code that raises what it found; what it found must be nothing."""
    return on("double", name, promise, SEARCH + "def double(x):\n" + body, "raised RuntimeError: found nothing")


# Everything but Python itself, its packages and what the kernel makes up.
WALK = """
    import os, sys
    found = []
    for folder, folders, names in os.walk('/'):
        inside = [os.path.join(folder, f) for f in folders]
        folders[:] = [f for f, p in zip(folders, inside) if p not in ('/proc', '/sys', '/usr', sys.prefix, sys.base_prefix)]
        for name in names:
"""

ATTACKS: list[Attack] = [
    search("objects that gc knows", "    import gc\n    report([1 for o in gc.get_objects() if isinstance(o, (str, bytes, dict, list, tuple)) and secret(str(o)[:100_000])])"),
    search("frames", "    import sys\n    f, found = sys._getframe(), []\n    while f:\n        found += [k for k, v in {**f.f_globals, **f.f_locals}.items() if secret(str(v)[:1_000_000])]\n        f = f.f_back\n    report(found)"),
    search("frames of all threads", "    import sys\n    report([t for t, f in sys._current_frames().items() if secret(str(f.f_locals))])"),
    search("its own memory", "    found = 0\n    with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as mem:\n        for line in maps:\n            a, b = (int(v, 16) for v in line.split()[0].split('-'))\n"
           "            if 'r' not in line.split()[1] or '[v' in line or b - a > 1 << 28: continue\n            try:\n                mem.seek(a)\n                text = mem.read(b - a)\n            except (OSError, ValueError, OverflowError): continue\n            found += secret(text)\n            del text\n    report(found)"),
    search("every file", WALK + "            path = os.path.join(folder, name)\n            try:\n                if os.path.isfile(path) and os.path.getsize(path) < 5_000_000 and secret(open(path, 'rb').read()): found.append(path)\n            except OSError: pass\n    report(found)"),
    search("another student's file", "    import os\n    report(open('CANARY_FILE').read() if os.path.exists('CANARY_FILE') else '')"),
    search("another student's file through /proc", "    import glob, os\n    report([p for p in glob.glob('/proc/[0-9]*/root' + 'CANARY_FILE') + glob.glob('/proc/[0-9]*/cwd/*.ipynb')])"),
    search("gradebook and sources", WALK + "            if name in ('gradebook.db', 'lab.py', '.judge-secret') or name.endswith('.ipynb'): found.append(name)\n    report(found)"),
    search("other processes", "    import glob\n    report([p for p in glob.glob('/proc/[0-9]*') if p != '/proc/1'])"),
    search("the environment", "    import os\n    text = open('/proc/self/environ').read() + str(dict(os.environ))\n    report([w for w in ('SECRET', 'TOKEN', 'KEY', 'PASSWORD', 'SSH', 'VIRTUAL_ENV', 'PWD=') if w in text])"),
    search("history", "    ip = get_ipython()\n    report([h for h in ip.user_ns.get('In', []) if secret(h)])"),
    search("the seed of the hidden inputs", "    import os\n    report([v for k, v in os.environ.items() if 'HIDDEN' in k])"),
    search("open descriptors", "    import os, stat\n    found = []\n    for fd in os.listdir('/proc/self/fd'):\n        try:\n            if stat.S_ISREG(os.fstat(int(fd)).st_mode): found.append(os.readlink(f'/proc/self/fd/{fd}'))\n        except OSError: pass\n    report(found)"),
    search("the network", "    import socket\n    found = []\n    for host in ('192.0.2.1', '10.0.0.1', '169.254.169.254', '127.0.0.1'):\n        for port in (22, 53, 80, 8888):\n            try: socket.create_connection((host, port), 0.3); found.append((host, port))\n            except OSError: pass\n    report(found)", "P4"),
    search("names on the network", "    import socket\n    try: report(socket.getaddrinfo('example.org', 80))\n    except OSError: report('')", "P4"),
    search("sockets of the machine", "    import socket\n    report([l for l in open('/proc/net/unix').read().splitlines()[1:] if '@' in l or '/' in l.split()[-1]] + open('/proc/net/tcp').read().splitlines()[1:])", "P4"),
    search("odd sockets", "    import socket\n    found = []\n    for family in (socket.AF_NETLINK, 40, socket.AF_PACKET, 38):\n        try: socket.socket(family, socket.SOCK_RAW if family in (16, 17) else socket.SOCK_STREAM); found.append(family)\n        except OSError: pass\n    report(found)", "P4"),
    search("rights", "    import os, subprocess\n    found = []\n    for call in (lambda: os.setuid(0), lambda: os.chroot('/'), lambda: os.mknod('n', 0o600 | 0o20000, os.makedev(1, 1)), lambda: os.nice(-5)):\n        try: call(); found.append(1)\n        except OSError: pass\n    found += [1] if subprocess.run('unshare -Ur true', shell=True, capture_output=True).returncode == 0 else []\n    report(found)", "P4"),
    search("set-uid programs", "    import subprocess\n    report(subprocess.run('su -c id; mount -t tmpfs x /mnt; ping -c1 127.0.0.1', shell=True, capture_output=True).stdout)", "P4"),
    search("tracing", "    import ctypes\n    libc = ctypes.CDLL(None)\n    report([n for n in (101, 310, 311, 312, 298, 321, 323, 425, 319, 29) if libc.syscall(n, 0, 0, 0, 0, 0) >= 0])", "P4"),
    search("writing outside", "    found = []\n    for path in ('/usr/x', '/etc/passwd', '/x', 'CHECKOUT/autograder/x', '/proc/sys/kernel/core_pattern', 'CANARY_FILE'):\n        try: open(path, 'a').close(); found.append(path)\n        except OSError: pass\n    report(found)", "P4"),
    # A checkout in /tmp lies in a /tmp of the sandbox's own: what is written there must not be seen outside.
    on("double", "writing beside what is shown", "P4", "def double(x):\n    try: open('CHECKOUT/ATTACKED', 'w').close()\n    except OSError: pass\n    return x + 2", r"yours is \[3.0, 6.0\]"),
    on("double", "carries a hidden input out in an exception", "P2", "def double(x):\n    if len(x) == 5: raise RuntimeError(repr(x))\n    return 2 * x", r"A hidden test failed\. \(Your code raised RuntimeError\.\)|wrong for other arrays"),
    on("double", "carries a hidden input out in an exception's name", "P2", "def double(x):\n    if len(x) == 5: raise type(f'Value{x[0]}', (ValueError,), {})()\n    return 2 * x", r"Your code raised ValueError|wrong for other arrays"),
    on("double", "carries a hidden input out in a file to the next exercise", "P2", "def double(x):\n    open('/box/kept', 'a').write(f'{list(x)}')\n    return 2 * x + (len(x) == 5)", "wrong for other arrays"),
]  # fmt: skip
