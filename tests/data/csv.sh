#!/bin/sh
# CSV files against pandas; tables with mistakes in them, each with the line of its message.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/common"

# table NAME LINES: \n parts the lines.
table() { printf "$2\n" >"$1"; }

# refuses_table WORDS LINES OPTIONS...
refuses_table() {
    words=$1
    table t.csv "$2"
    shift 2
    refuses "t.csv: $words" t.csv "$@"
}
refuses_table 'line 3: 2 cells, 3 wanted' 'a,b,c\n1,2,3\n1,2\n4,5,6'
refuses_table 'line 4: 4 cells, 3 wanted' 'a,b,c\n1,2,3\n\n1,2,3,4'
refuses_table 'line 5: the cell of column "b" is empty' 'a,b\n"1\n2",x\n"3",y\n4,' --label b
refuses_table 'line 2: the cell of column "b" is empty' 'a,b\n1,\n2,3' --target b
refuses_table 'line 2: the cell of column "b" is empty' 'a,b\n"1\n2",\n3,4' --label b
refuses_table 'line 3: "x" in column "b" is no number' 'a,b\n1,2\n2,x' --target b
refuses_table 'line 2: the cell of column "b" is empty' 'a,b\n1,\n2,3' --categorical b --missing error
refuses_table 'line 3: 1e+39 in column "a" is beyond what a float holds' 'a,b\n1,2\n1e39,3'
refuses_table 'has no column "prise"; did you mean "price"?' 'price,b\n1,2' --label prise
refuses_table 'there are two columns "a"' 'a,a\n1,2'
refuses_table 'line 1 has numbers where names' '1,2\n3,4'
refuses_table 'has no rows' 'a,b'
refuses_table 'line 3: a quote is left open' 'a,b\n1,2\n3,"4'
refuses_table 'line 2: a quote inside a cell' 'a,b\n1,2"3\n3,4'
refuses_table 'line 3: a byte 0' 'a,b\n1,2\n3,\0004'
: >t.csv
refuses 't.csv: has no rows' t.csv
printf 'a,b\n1,x\n2,\344\n' >t.csv
refuses 't.csv: line 3: class "?" of column "b" is no UTF-8' t.csv --label b
{ echo 'a,b'; printf '1,"'; head -c 3000000 /dev/zero | tr '\0' x; } >t.csv
refuses 't.csv: line 2: ' t.csv
table t.csv 'a,b\n1,\n2,3'
refuses 'line 2 of t.csv: the cell of column "b" is empty' t.csv --missing error
table t.csv 'a,b,b_missing\n1,,1\n2,3,1'
refuses '"b_missing", which would tell where, is a column already' t.csv
table t.csv 'a\nx\ny'
refuses 'no column is left' t.csv
table t.csv 'a,features\n1,x\n2,y'
refuses 'two arrays would have the name features' t.csv --label features
"$NNGEN" data t.csv -o o.safetensors --label a --categorical a >said 2>&1 && fail "a column with two uses"
grep -q 'column "a" is named twice' said || fail "$(cat said)"

# Splits: other files have the same columns, and classes of the training split.
mkdir tables
table tables/train.csv 'a,kind\n1,x\n2,y'
table tables/test.csv 'kind,a\ny,3\nz,4'
refuses 'tables/test.csv: line 3: class "z" of column "kind" is none of those in train' tables --label kind
table tables/test.csv 'kind,b\ny,3'
refuses 'tables/train.csv: column "a" is in no other file' tables --label kind
table tables/test.csv 'kind,a,b\ny,1,2'
refuses 'tables/train.csv: 2 columns, the other files have 3' tables --label kind
table tables/test.csv 'kind,a\ny,3\nx,4'
make tables.safetensors tables --label kind
tar cf tables.tar -C tables train.csv test.csv
make archive.safetensors tables.tar --label kind
cmp tables.safetensors archive.safetensors || fail "an archive: other bytes"
make single.safetensors tables/train.csv tables/test.csv --label kind
cmp tables.safetensors single.safetensors || fail "single files: other bytes"
[ "$(array tables.safetensors test/kind | od -An -t u1 | tr -s ' ')" = " 1 0" ] || fail "test/kind"
gzip -k tables/train.csv
make plain.safetensors tables/train.csv --label kind
make packed.safetensors tables/train.csv.gz --label kind
cmp plain.safetensors packed.safetensors || fail "a packed table: other bytes"

# What an earlier file does not know.
table new.csv 'a,kind\n1,z'
refuses 'new.csv: line 2: class "z" of column "kind" is none of those in plain.safetensors' new.csv --label kind \
    --like plain.safetensors
table new.csv 'a,kind\n1,x\n,x'
refuses 'line 3 of new.csv: the cell of column "a" is empty, and plain.safetensors has nothing' new.csv --label kind \
    --like plain.safetensors
table new.csv 'b,kind\n1,x'
refuses 'column "a" is missing, or no number' new.csv --label kind --like plain.safetensors
table new.csv 'a,other\n1,x'
refuses '--like plain.safetensors: has no label "other"' new.csv --label other --like plain.safetensors
refuses '--like new.csv: is no data file' tables/train.csv --like new.csv

# The report.
table t.csv 'a,b,c,d,\n1,x,,no,7\n2,y,3,yes,8\n,x,5,no,9'
"$NNGEN" data t.csv -o t.safetensors --label d >report 2>said || fail "report: $(cat said)"
for line in '  the features are a, c, a_missing, c_missing' '  column a: 1 empty cells became 1.5, the mean of train; a_missing is 1 there' \
    '  column c: 1 empty cells became 4, the mean of train; c_missing is 1 there' \
    '  left out: column b is text, such as "x" in line 2 of t.csv; --categorical b makes classes of it' \
    '  left out: a column without a name' \
    'local features = nn.input("features", {4}, { mean = "train", std = "train" })' \
    'local d = nn.label("d", 2, { names = { "no", "yes" } })'; do
    grep -qxF -- "$line" report || fail "the report lacks \"$line\": $(cat report)"
done
table t.csv 'a,b\n1,x\n2,x'
"$NNGEN" data t.csv -o t.safetensors --label b >report 2>said || fail "constant: $(cat said)"
grep -q "warning: label b is constant: all rows of train are x" said || fail "constant: $(cat said)"
printf 'a,b\n1,3\n2,3\n3,3\n' >t.csv
"$NNGEN" data t.csv -o t.safetensors --target b >report 2>said || fail "a constant target: $(cat said)"
grep -q "warning: b is constant" said || fail "a constant target: $(cat said)"

awk 'BEGIN { print "a,b"; for (i = 0; i < 300; i++) print i % 7 "," i / 8 }' >t.csv
make t.safetensors t.csv --label b
grep -q "warning: label b has 300 classes in 300 rows: are they numbers to be learned, as --target" said ||
    fail "many classes: $(cat said)"
for name in end or nn; do
    printf "a,$name\n1,x\n2,y\n" >t.csv
    "$NNGEN" data t.csv -o t.safetensors --label $name >report || fail "a column $name: status $?"
    grep -qxF "local ${name}_ = nn.label(\"$name\", 2, { names = { \"x\", \"y\" } })" report || fail "$name: $(cat report)"
done
printf 'a,b\n1,x\033[31m\n2,"\342\200\256y ""q"""\n3,\303\244\n' >t.csv
"$NNGEN" data t.csv -o t.safetensors --label b >report 2>said || fail "controls: $(cat said)"
! grep -q "$(printf '\033')" report || fail "controls: a terminal would obey $(cat -v report)"
grep -qF 'names = { "x\027[31m", "ä", "\226\128\174y \"q\"" }' report || fail "controls: $(cat -v report)"

need_python numpy pandas
export PYTHONDONTWRITEBYTECODE=1
"$python" "$NNGEN_SOURCE/tests/data/check_csv.py" make
uses="--categorical kind,size --label class --target goal"
# shellcheck disable=SC2086
{
    make one.safetensors one.csv $uses
    make tabs.safetensors one.tsv $uses
    make semicolons.safetensors semicolons.csv $uses
    make both.safetensors train.csv test.csv $uses
    make cut.safetensors one.csv $uses --val-split 0.25
    make like.safetensors test.csv $uses --like cut.safetensors
    mkdir -p folders/train folders/test
    cp train.csv folders/train/a.csv
    cp test.csv folders/test/a.csv
    make folders.safetensors folders/train folders/test/ $uses
}
cmp one.safetensors tabs.safetensors || fail "tabs: other bytes"
cmp one.safetensors semicolons.safetensors || fail "semicolons: other bytes"
cmp both.safetensors folders.safetensors || fail "folders of splits: other bytes"
"$python" "$NNGEN_SOURCE/tests/data/check_csv.py" check || fail "other values than pandas's"
finish
