// Reads lines of two versions with a tab between; writes `<`, `=`, `>`, or `!` where one is no version.
package main

import (
	"bufio"
	"os"
	"strings"

	"golang.org/x/mod/semver"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		a, b, _ := strings.Cut(in.Text(), "\t")
		a, b = prefixed(a), prefixed(b)
		if !semver.IsValid(a) || !semver.IsValid(b) {
			out.WriteString("!\n")
			continue
		}
		out.WriteString([]string{"<\n", "=\n", ">\n"}[semver.Compare(a, b)+1])
	}
}

func prefixed(version string) string {
	if strings.HasPrefix(version, "v") {
		return version
	}
	return "v" + version
}
