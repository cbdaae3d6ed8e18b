# Installs system packages on Debian, for the scripts beside it: each reads this file with `.`.

# Whether packages can be installed without a question: as root, or by sudo.
can_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

# Runs a command as root; only after `can_install`.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Whether a package is installed.
is_installed() {
    [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null || true)" = "install ok installed" ]
}

packages_renewed=""

# Installs the packages and says so; only after `can_install`. The list of packages is renewed once.
install_packages() {
    echo "Installing system packages: $*" >&2
    if [ -z "$packages_renewed" ]; then
        packages_renewed=1
        # A list of packages that cannot be renewed may still be good enough.
        as_root apt-get update -qq >&2 || true
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}
