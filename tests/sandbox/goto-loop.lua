-- error: the file runs too long
::again::
do goto again end
