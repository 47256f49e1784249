#!/bin/sh
exec /home/me/bin/bearerd serve --tokens /home/me/bearerd/tokens --workers 1
