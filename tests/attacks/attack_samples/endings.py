"""Ends, hangs and floods: each costs its own points at most. Promise P3."""

from attack_samples.target import Attack, on

DEAD = "ended its own process|ended the whole process"

ATTACKS: list[Attack] = [
    on("double", "exits with success when called", "P3", "import os\ndef double(x): os._exit(0)", DEAD, "crashed"),
    on("double", "exits in the cell", "P3", "import os\nos._exit(0)", DEAD, "crashed"),
    on("double", "SystemExit when called", "P3", "def double(x): raise SystemExit(0)", "raised SystemExit"),
    on("double", "SystemExit in the cell", "P3", "import sys\nsys.exit(0)", "raised SystemExit|is not defined"),
    on("double", "KeyboardInterrupt", "P3", "def double(x): raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    on("double", "kills itself", "P3", "import os\ndef double(x): os.kill(os.getpid(), 9)", DEAD + "|raised|yours is|type"),
    on("double", "kills all it can see", "P3", "import os\ndef double(x):\n    os.kill(-1, 9)\n    return x", r"yours is \[1.0, 4.0\]|raised|" + DEAD),
    on("double", "kills its parent", "P3", "import os\ndef double(x):\n    os.kill(os.getppid(), 9)\n    return x", r"yours is \[1.0, 4.0\]|raised|" + DEAD, None),
    on("double", "segmentation fault", "P3", "import ctypes\ndef double(x): ctypes.string_at(0)", DEAD, "crashed"),
    on("double", "aborts", "P3", "import os\ndef double(x): os.abort()", DEAD, "crashed"),
    on("double", "endless recursion", "P3", "def double(x): return double(x)", "RecursionError"),
    on("double", "hangs when called", "P3", "def double(x):\n    while True: pass", "did not answer within 12 s", "timeout"),
    on("double", "sleeps through signals", "P3", "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\n"
       "def double(x):\n    while True: time.sleep(1000)", "did not answer within 12 s", "timeout"),
    on("double", "hangs in the cell", "P3", "while True: pass", "did not end within 10 s", "timeout"),
    on("double", "waits for input", "P3", "def double(x): return input()", "raised|EOF"),
    on("double", "reads standard input in the cell", "P3", "import sys\nsys.stdin.read()\ndef double(x): return x", r"yours is \[1.0, 4.0\]"),
    on("double", "stops itself", "P3", "import os, signal\ndef double(x):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    return x",
       r"did not answer|yours is \[1.0, 4.0\]"),
    on("double", "fork storm", "P3", "import os\ndef double(x):\n    try:\n        while True: os.fork()\n    except OSError: pass\n    while True: pass",
       "did not answer|" + DEAD + "|more processes", "timeout"),
    on("double", "thread storm", "P3", "import threading, time\ndef double(x):\n    while True: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
       "can't start new thread"),
    on("double", "memory hog", "P3", "def double(x):\n    kept = []\n    while True: kept.append(bytearray(b'x') * (64 << 20))", "more memory than it may|MemoryError", "memory"),
    on("double", "memory hog of many processes", "P3", "import os, time\ndef double(x):\n    for _ in range(3): os.fork()\n"
       "    kept = bytearray(b'x') * (600 << 20)\n    time.sleep(1000)", "more memory than it may", "memory"),
    on("double", "fills the disk", "P3", "def double(x):\n    i = 0\n    while True:\n        open(f'fill{i}', 'wb').write(bytes(64 << 20))\n        i += 1", "No space left|too large", loses=("double", "export")),
    on("double", "one huge file", "P3", "def double(x):\n    with open('huge', 'wb') as f:\n        f.seek(1 << 40)\n        f.write(b'x')", "too large|No space"),
    on("double", "floods the output", "P3", "import sys\ndef double(x):\n    for _ in range(300): print('x' * 1_000_000)\n    sys.stderr.write('y' * 100_000_000)\n    return x", r"yours is \[1.0, 4.0\]"),
    on("double", "opens files without end", "P3", "def double(x):\n    kept = []\n    while True: kept.append(open('/dev/null'))", "Too many open files"),
    on("double", "threads that live on", "P3", "import threading\ndef spin():\n    while True: pass\nfor _ in range(4): threading.Thread(target=spin, daemon=True).start()\n"
       "def double(x): return x + 2", r"yours is \[3.0, 6.0\]"),
    on("double", "a daemon that lives on", "P3", "import subprocess\nsubprocess.Popen('(setsid sleep 1000 &) ; setsid sleep 1000', shell=True)\ndef double(x): return x + 2",
       r"yours is \[3.0, 6.0\]"),
]  # fmt: skip
