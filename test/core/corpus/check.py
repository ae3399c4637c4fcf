#!/usr/bin/env python3
"""Reads every file of a corpus with xlsxdump and compares the cells with the expected ones.

    check.py XLSXDUMP CORPUS WORK_DIR [--megabytes N]

30 seconds and 256 MiB of resident memory per file.  A refusal must print one line. The corpus has its own
checker, compare.py; the last line is "N passed, N failed, N skipped" over the files of the manifest.
"""
import json, os, re, resource, shutil, signal, subprocess, sys

SECONDS = 30


def run(program, path, out, err, megabytes):
    """-> (exit status or None for a crash or hang, why)"""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    with open(out, 'wb') as o, open(err, 'wb') as e:
        child = subprocess.Popen([program, path], stdout=o, stderr=e, stdin=subprocess.DEVNULL, preexec_fn=limit)
        signal.alarm(4 * SECONDS)           # a hang that costs no CPU time
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except TimeoutError:
            child.kill()
            child.wait()
            return None, 'hangs'
        finally:
            signal.alarm(0)
        child.returncode = 0                # reaped above
    if os.WIFSIGNALED(status):
        return None, 'killed by signal %d' % os.WTERMSIG(status)
    code = os.WEXITSTATUS(status)
    if code > 1:
        return None, 'exit status %d: %s' % (code, open(err, errors='replace').read(400))
    if usage.ru_maxrss > megabytes * 1024:
        return None, '%d MiB resident' % (usage.ru_maxrss // 1024)
    return code, ''


def is_one_line(err):
    text = open(err, encoding='utf-8', errors='surrogateescape').read()
    return re.fullmatch(r'xlsxdump: [^\n]+\n', text) is not None


def main(program, corpus, work, megabytes):
    def on_alarm(*_):
        raise TimeoutError
    signal.signal(signal.SIGALRM, on_alarm)
    shutil.rmtree(work, ignore_errors=True)
    files = [json.loads(line)['file'] for line in open(os.path.join(corpus, 'manifest.jsonl'), encoding='utf-8')]
    wrong = 0
    for name in files:
        base = os.path.join(work, name)
        os.makedirs(os.path.dirname(base), exist_ok=True)
        code, why = run(program, os.path.join(corpus, name), base + '.jsonl', base + '.err', megabytes)
        if code == 0:
            os.remove(base + '.err')
            continue
        os.remove(base + '.jsonl')
        if code is None:
            print('not ok: %s: %s' % (name, why))
            os.remove(base + '.err')
        elif not is_one_line(base + '.err'):
            wrong += 1
            print('not ok: %s: the refusal is not one line' % name)
    compared = subprocess.run([sys.executable, os.path.join(corpus, 'compare.py'), '--all', corpus, work],
                              stdout=subprocess.PIPE, universal_newlines=True)
    print(compared.stdout, end='')
    right = int(re.search(r'all right (\d+)', compared.stdout).group(1))
    refused = int(re.search(r'must be refused \d+: refused (\d+)', compared.stdout).group(1))
    either = re.search(r'go either way (\d+): crash or hang (\d+)', compared.stdout)
    passed = right + refused + int(either.group(1)) - int(either.group(2)) - wrong
    print('%d passed, %d failed, 0 skipped' % (passed, len(files) - passed))
    return 0 if passed == len(files) and compared.returncode == 0 else 1


def take_megabytes(arguments):
    """-> (arguments without --megabytes, its value)"""
    if '--megabytes' not in arguments:
        return arguments, 256
    at = arguments.index('--megabytes')
    return arguments[:at] + arguments[at + 2:], int(arguments[at + 1])


if __name__ == '__main__':
    arguments, megabytes = take_megabytes(sys.argv[1:])
    if len(arguments) != 3:
        print(__doc__)
        sys.exit(2)
    sys.exit(main(arguments[0], arguments[1], arguments[2], megabytes))
