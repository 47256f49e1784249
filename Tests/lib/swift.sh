# The Swift toolchain, which no package of Debian brings.

need_swift() {
  command -v swift >/dev/null || fail "there is no swift here: get Swift 6.2 or later from https://www.swift.org/install/linux/"
}

# What a binary is built with that runs where there is no toolchain. One build serves all: see examples/debian/rules.
release_options=(-c release --static-swift-stdlib --disable-local-rpath -Xlinker -z -Xlinker now --product bearerd)

# build_bearerd: the release binary, in $bearerd; or the one that BEARERD names, where it is built already.
build_bearerd() {
  if [ -n "${BEARERD-}" ]; then
    bearerd=$(realpath "$BEARERD")
    return
  fi
  need_swift
  run_with_progress "building bearerd" swift build --package-path "$root" "${release_options[@]}"
  bearerd=$(swift build --package-path "$root" -c release --show-bin-path)/bearerd
}
