<?php
// Prints the application. A client cannot set it: the names of its headers begin with HTTP_.
header('Content-Type: text/plain');
echo 'application=', $_SERVER['BEARERD_APPLICATION'] ?? 'none', "\n";
echo 'secret=', $_SERVER['HTTP_AUTHORIZATION'] ?? 'none', "\n";
