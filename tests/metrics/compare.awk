# Figures of now, the second file, against the recorded ones, the first: a line for each that got
# worse by more than a sixth. With -v assembly=0 the object code is left alone.

function worse(place, what, now, limit, word) {
    printf "%s: %s %s, %s %s\n", place, now, what, word, limit
}
function at_most(place, what, now, limit) {
    if (now > limit) worse(place, what, now, limit, "at most")
}
function sixth_more(x) { return int(x * 7 / 6) }

/^#/ || NF == 0 { next }
FNR == NR {
    recorded[$1, $2, $3] = $0
    next
}
{
    place = $1 ", " $2 " " $3
    if (!(($1, $2, $3) in recorded)) {
        if (assembly || $2 == "source") print place ": not recorded yet"
        next
    }
    split(recorded[$1, $2, $3], was)
}
$2 == "source" { at_most($1, "lines of C", $4, sixth_more(was[4])) }
!assembly || $2 == "source" { next }
$2 ~ /^object/ {
    at_most(place, "bytes of object code", $4, sixth_more(was[4]))
    next
}
{
    least = int(was[4] * 5 / 6)
    if ($4 < least) worse(place, "multiply-adds in the hottest loop", $4, least, "at least")
    at_most(place, "vector loads for each multiply-add in the hottest loop", $5,
            sixth_more(was[5] * 100) / 100 + 0.01)
    at_most(place, "vector spills in the hottest loop", $6, sixth_more(was[6]))
    at_most(place, "vector spills", $7, sixth_more(was[7]) + 2)
}
