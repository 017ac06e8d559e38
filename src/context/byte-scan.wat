;; Looks at a text once, sixteen bytes at a time: counts its lines, remembers the longest, tells whether it is ASCII and
;; has carriage returns, and finds the places where a secret may begin. `test/context/byte-scan.test.ts` holds the
;; bytes in `byte-scan-program.ts` against this file.
;;
;; Memory: 0 the six tables, 128 the state below, 1024 the places found (at most 16,384), 131072 the text. Behind the
;; text must be 32 zeros, or more of the text.
(module
  (memory (export "memory") 136)
  (func (export "scan") (param $at i32) (param $end i32) (result i32)
    (local $x v128) (local $or v128) (local $returns v128) (local $rare v128)
    (local $bits i32) (local $pos i32)
    (local $newlines i32) (local $lineStart i32) (local $longestStart i32) (local $longest i32) (local $found i32)
    (local $low0 v128) (local $high0 v128) (local $low1 v128) (local $high1 v128) (local $low2 v128) (local $high2 v128)
    (local.set $low0 (v128.load (i32.const 0)))
    (local.set $high0 (v128.load (i32.const 16)))
    (local.set $low1 (v128.load (i32.const 32)))
    (local.set $high1 (v128.load (i32.const 48)))
    (local.set $low2 (v128.load (i32.const 64)))
    (local.set $high2 (v128.load (i32.const 80)))
    (local.set $newlines (i32.load (i32.const 128)))
    (local.set $lineStart (i32.load (i32.const 132)))
    (local.set $longestStart (i32.load (i32.const 136)))
    (local.set $longest (i32.load (i32.const 140)))
    (local.set $found (i32.const 0))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $done (i32.gt_u (local.get $found) (i32.const 16368)))
        (local.set $x (v128.load (local.get $at)))
        (local.set $or (v128.or (local.get $or) (local.get $x)))
        (local.set $returns (v128.or (local.get $returns) (i8x16.eq (local.get $x) (i8x16.splat (i32.const 13)))))
        (local.set $bits (i8x16.bitmask (i8x16.eq (local.get $x) (i8x16.splat (i32.const 10)))))
        (block $noLine
          (br_if $noLine (i32.eqz (local.get $bits)))
          (loop $lines
            (local.set $pos (i32.add (local.get $at) (i32.ctz (local.get $bits))))
            (if (i32.gt_u (i32.sub (local.get $pos) (local.get $lineStart)) (local.get $longest))
              (then
                (local.set $longest (i32.sub (local.get $pos) (local.get $lineStart)))
                (local.set $longestStart (local.get $lineStart))))
            (local.set $lineStart (i32.add (local.get $pos) (i32.const 1)))
            (local.set $newlines (i32.add (local.get $newlines) (i32.const 1)))
            (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
            (br_if $lines (local.get $bits))))
        ;; A place is rare where three bytes in a row are each in the tables, in the same group of eight.
        (local.set $rare
          (v128.and
            (i8x16.swizzle (local.get $low0) (v128.and (local.get $x) (i8x16.splat (i32.const 15))))
            (i8x16.swizzle (local.get $high0) (i8x16.shr_u (local.get $x) (i32.const 4)))))
        (local.set $x (v128.load offset=1 (local.get $at)))
        (local.set $rare
          (v128.and (local.get $rare)
            (v128.and
              (i8x16.swizzle (local.get $low1) (v128.and (local.get $x) (i8x16.splat (i32.const 15))))
              (i8x16.swizzle (local.get $high1) (i8x16.shr_u (local.get $x) (i32.const 4))))))
        (local.set $x (v128.load offset=2 (local.get $at)))
        (local.set $rare
          (v128.and (local.get $rare)
            (v128.and
              (i8x16.swizzle (local.get $low2) (v128.and (local.get $x) (i8x16.splat (i32.const 15))))
              (i8x16.swizzle (local.get $high2) (i8x16.shr_u (local.get $x) (i32.const 4))))))
        (local.set $bits (i32.xor (i8x16.bitmask (i8x16.eq (local.get $rare) (i8x16.splat (i32.const 0)))) (i32.const 65535)))
        (block $noPlace
          (br_if $noPlace (i32.eqz (local.get $bits)))
          (loop $places
            (i32.store offset=1024
              (i32.shl (local.get $found) (i32.const 2))
              (i32.add (local.get $at) (i32.ctz (local.get $bits))))
            (local.set $found (i32.add (local.get $found) (i32.const 1)))
            (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
            (br_if $places (local.get $bits))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $blocks)))
    (i32.store (i32.const 128) (local.get $newlines))
    (i32.store (i32.const 132) (local.get $lineStart))
    (i32.store (i32.const 136) (local.get $longestStart))
    (i32.store (i32.const 140) (local.get $longest))
    (i32.store (i32.const 144) (i32.or (i32.load (i32.const 144)) (i8x16.bitmask (local.get $or))))
    (i32.store (i32.const 148) (i32.or (i32.load (i32.const 148)) (i8x16.bitmask (local.get $returns))))
    (i32.store (i32.const 152) (local.get $found))
    (local.get $at)))
