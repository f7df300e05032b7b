// Reads lines of two versions with a tab between; writes `<`, `=`, `>`, or `!` where node-semver refuses one.
// The argument `loose` chooses its loose mode.
const semver = require('semver')

const loose = process.argv[2] === 'loose'
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter((line) => line !== '')
const out = lines.map((line) => {
  const [a, b] = line.split('\t')
  if (!semver.valid(a, loose) || !semver.valid(b, loose)) {
    return '!'
  }
  return '<=>'[semver.compare(a, b, loose) + 1]
})
process.stdout.write(out.join('\n') + '\n')
