# Has a server bring itself to rest and switch itself off, before it is deleted, replaced or changed in type. Runs on the
# operator's machine; its arguments are those of ssh, the command on the server last.
# One that does not answer within ssh's own limits, or cannot do it, goes as it is: a broken server can be replaced. One that
# answers and lets nobody in is another matter: there the wrong key is in the agent, or it is the wrong server.
said=$(
  ssh "$@" 2>&1 </dev/null | while IFS= read -r line; do
    printf '%s\n' "$line" >&2
    printf '%s\n' "$line"
  done
)
case $said in
  *'shut-down-host: at rest'*) exit 0 ;;
  *'Permission denied ('* | *'Host key verification failed'* | *'Too many authentication failures'*)
    if [ -z "${CLAWKEEP_CUT_POWER:-}" ]; then
      echo "The server answers and lets nobody in, so it was not shut down, and nothing of it was touched." \
        "Is your key in the agent (ssh-add -l)? Then the same pulumi command again, and no other before it. To give the" \
        "server up all the same, with what is not on its disks yet: CLAWKEEP_CUT_POWER=1, and the same command again" >&2
      exit 1
    fi
    ;;
esac
echo "The server could not be brought to rest; it goes as it is. (Did it not answer, though it is well? Then your own" \
  "address is not in adminCidrs, and you will not reach the next one either.) What programs have synced to its volume stays" \
  "(README, Taking it down)." >&2
