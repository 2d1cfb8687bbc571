# shellcheck shell=bash
# What script tests are written with. Sourced, not run.

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect_equal WHAT WANTED GOT
expect_equal() {
  [ "$2" = "$3" ] || fail "$1: wanted \"$2\", got \"$3\""
}

# expect_contains WHAT PART TEXT
expect_contains() {
  [[ $3 == *"$2"* ]] || fail "$1: wanted \"$2\" in:
$3"
}

# expect_exit CODE COMMAND...: leaves what the command printed in $output.
expect_exit() {
  local wanted=$1 code=0
  shift
  output=$("$@" 2>&1) || code=$?
  [ $code = "$wanted" ] || fail "wanted exit code $wanted, got $code from: $*
$output"
}
