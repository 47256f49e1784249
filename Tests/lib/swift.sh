# The Swift toolchain, which Debian does not package.

need_swift() {
  command -v swift >/dev/null || fail "swift not found: install Swift 6.2 or later from https://www.swift.org/install/linux/"
}

# Builds a binary that runs without the toolchain. examples/debian/rules has the same options.
release_options=(-c release --static-swift-stdlib --disable-local-rpath -Xlinker -z -Xlinker now --product bearerd)

# build_bearerd: builds the release binary, $bearerd. If BEARERD names a binary, it uses that one instead.
build_bearerd() {
  if [ -n "${BEARERD-}" ]; then
    bearerd=$(realpath "$BEARERD")
    return
  fi
  need_swift
  # SwiftPM leaves empty directories in TMPDIR.
  local temporary
  mkdir -p "$root/.build"
  temporary=$(mktemp -d "$root/.build/tmp.XXXXXX")
  TMPDIR=$temporary run_with_progress "building bearerd" swift build --package-path "$root" "${release_options[@]}"
  bearerd=$(TMPDIR=$temporary swift build --package-path "$root" -c release --show-bin-path)/bearerd
  rm -rf "$temporary"
}
