<?php
// report.py's report, of the variables that PHP gets.
$variables = $_SERVER + getenv();
$lines = [];
foreach ($variables as $name => $value) {
    if (is_string($value)) {
        $lines[] = preg_replace('/[^A-Z0-9]/', '_', strtoupper($name)) . '=' . $value;
    }
}
foreach (['AUTH_USER' => 'PHP_AUTH_USER', 'AUTH_PW' => 'PHP_AUTH_PW'] as $name) {
    $lines[] = $name . '=' . ($_SERVER[$name] ?? '');
}
sort($lines);
$filler = '';
for ($number = 0; $number < 5000; $number++) {
    $filler .= "line $number of what a backend has to say\n";
}
$body = implode("\n", $lines) . "\n" . $filler . "end\n";
$body = sprintf("length %9d\n", strlen($body)) . $body;
header('Content-Type: text/plain');
header('Content-Length: ' . strlen($body));
header('Cache-Control: max-age=60');
echo $body;
