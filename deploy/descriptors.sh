# shellcheck shell=bash
# Sourced, not run.

# Closes every descriptor but the three first. What outlives the caller must not hold on to
# the caller's locks and pipes.
close_other_descriptors() {
  local fd
  for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    [ "$fd" -le 2 ] || eval "exec $fd>&-"
  done
}
