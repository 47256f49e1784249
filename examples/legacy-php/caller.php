<?php
// Who called? A client cannot set this: its headers all begin with HTTP_.
header('Content-Type: text/plain');
echo 'caller=', $_SERVER['BEARERD_APPLICATION'] ?? 'nobody', "\n";
echo 'secret=', $_SERVER['HTTP_AUTHORIZATION'] ?? 'none', "\n";
