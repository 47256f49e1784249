#!/bin/sh
exec /home/me/bin/bearerd cgi --tokens /home/me/bearerd/tokens --path REDIRECT_URL --public /private/ --private /hidden/
