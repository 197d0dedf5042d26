# The browser tests drive Debian's Chromium; where it is missing and can be installed, it is.
command -v chromium >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing chromium for the browser tests ..."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null
fi
command -v chromium >/dev/null 2>&1 && exit 0
echo "The browser tests need chromium, which is not here and could not be installed; as root: apt-get install chromium" >&2
exit 1
