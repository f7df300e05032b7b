<?php
// Reads lines of two versions with a tab between; writes `<`, `=`, `>`, or `!` where composer/semver refuses one or has no
// order for it (branches).
require $argv[1];

$parser = new Composer\Semver\VersionParser();
$out = [];
while (($line = fgets(STDIN)) !== false) {
    [$a, $b] = explode("\t", rtrim($line, "\n"));
    try {
        $a = $parser->normalize($a);
        $b = $parser->normalize($b);
        $branch = strncmp($a, 'dev-', 4) === 0 || strncmp($b, 'dev-', 4) === 0;
        $out[] = $branch ? '!' : '<=>'[version_compare($a, $b) + 1];
    } catch (UnexpectedValueException $refused) {
        $out[] = '!';
    }
}
echo implode("\n", $out), "\n";
