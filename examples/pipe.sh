#!/bin/sh
# Asks about what another program prints: sh examples/pipe.sh [QUESTION]
# RLM is how the program is called where it is not installed as "rlm".
: "${RLM:=npx rlm}"
seq 1 200000 | sed '123456s/.*/error: the disk is full/' | $RLM ask --text - "${1:-Which error is there?}"
