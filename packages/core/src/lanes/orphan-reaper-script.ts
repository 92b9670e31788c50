/**
 * The program of the orphan reaper (orphan-reaper.ts) for `/bin/sh`. orphan-reaper-node.ts is the same for Node, where the shell is absent.
 *
 * Lines on its input:       `+ PID GRACE` watch this process group, `- PID` no longer, `SIGNAL PID` send a signal to it
 * Lines on its output:      the machine's uptime in seconds, when it has stopped the workers because the program was stopped
 * The end of its input:     the program is gone: every worker gets GRACE ms to leave, then its group is killed
 *
 * Invariants: only POSIX shell and `sleep` are used; the loop that looks at the program (`look`) is a subshell with a copy of the list, so
 * every change of the list restarts it; when it ends it continues what it has stopped, and ends its `sleep`, also one whose pid it does not know yet.
 * SIGKILL ends the `sleep`: a process that has just been forked still has the traps of its shell, and would swallow another signal. Without a `sleep`
 * that takes fractions it does not look at the program, and the workers of a dead program get no grace.
 */

/** Seconds between two looks at the program's state. Longer: workers run on longer after Ctrl-Z. Shorter: a `sleep` takes 1 ms of processor time. */
const LOOK_EVERY = 0.5;

export const SHELL_SCRIPT: string = `
program=$PPID
watched=
looker=

each() {
  for entry in $watched; do kill "-$1" "-\${entry%:*}" 2>/dev/null; done
}

look() {
  stopped= ends= nap=
  trap 'ends=yes; [ -z "$nap" ] || kill -KILL $nap' TERM
  while :; do
    sleep ${LOOK_EVERY} & nap=$!
    [ -z "$ends" ] || kill -KILL $nap
    wait $nap; slept=$?
    if [ -n "$ends" ]; then
      wait $nap
      [ -z "$stopped" ] || each CONT
      exit
    fi
    nap=
    [ "$slept" -eq 0 ] && kill -0 $$ || exit
    if read -r stat < "/proc/$program/stat"; then state=\${stat##*) }
    else state=$(ps -o state= -p "$program") || exit
    fi
    case $state in
      T*)
        each STOP
        if [ -z "$stopped" ]; then
          stopped=yes
          read -r uptime rest < /proc/uptime && echo "$uptime"
        fi ;;
      *)
        [ -z "$stopped" ] || each CONT
        stopped= ;;
    esac
  done
}

endLook() {
  [ -z "$looker" ] || { kill "$looker"; wait "$looker"; }
  looker=
}

changed() {
  endLook
  [ -z "$watched" ] || { look & looker=$!; }
}

while read -r what pid grace; do
  case $what in
    +) watched="$watched $pid:$grace"; changed ;;
    -)
      others=
      for entry in $watched; do [ "\${entry%:*}" = "$pid" ] || others="$others $entry"; done
      watched=$others
      changed ;;
    *) kill "-$what" "-$pid" ;;
  esac
done

endLook
waited=0
while [ -n "$watched" ]; do
  left=
  for entry in $watched; do
    pid=\${entry%:*}
    if [ "$waited" -lt "\${entry#*:}" ] && kill -0 "$pid"; then left="$left $entry"
    else kill -KILL "-$pid"
    fi
  done
  watched=$left
  [ -z "$watched" ] || sleep 0.05 || waited=2147483647
  waited=$((waited + 50))
done
`;
