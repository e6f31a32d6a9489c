#!/bin/sh
# suite.sh DATA WEFT COMMAND ARGUMENT...: runs the program on reference data that may not be there. The JSON of all cases
# is not kept; failures and counts are on stderr.
data=$1
shift
if [ ! -e "$data" ]; then
    echo "skipped: reference data not unpacked ($data)"
    exit 77
fi
exec "$@" "$data" >/dev/null
