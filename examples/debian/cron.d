# Mails root a line for each token that expires within 14 days, and nothing otherwise. Under systemd,
# bearerd-expiry.timer does the same.
MAILTO=root
17 6 * * * bearerd [ -d /run/systemd/system ] || [ ! -x /usr/bin/bearerd ] || [ ! -s /etc/bearerd/tokens ] || bearerd check --quiet --expiring 14d
