#!/bin/sh
# Makes small.sqlite and small.sqlite-wal: the headers of four tiny rpms in a database with pages of 1 KiB, so that some
# of them need overflow pages and the table an inner page; the last row stands in the write-ahead log only.
# Needs rpm, rpmbuild and python3 (Debian: rpm, python3).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > seed.spec <<'SPEC'
Name: seed
Version: 1.0~rc1
Release: 1.module_el8.9.0+1+abcdef01
Summary: First
License: MIT
Vendor: AlmaLinux
BuildArch: noarch
ModularityLabel: seed:1:8090020231201:abcdef01
Provides: seed(api) = 1
%description
First.
%package libs
Summary: Second
Epoch: 2
Version: 3.4
License: BSD and MIT
Requires: seed(api)
%description libs
Second.
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/lib/seed-1.dist-info %{buildroot}/usr/share/seed
echo 1 > %{buildroot}/usr/bin/seed
echo 2 > %{buildroot}/usr/lib/seed-1.dist-info/METADATA
for n in $(seq 40); do echo $n > %{buildroot}/usr/share/seed/file$n; done
%files
/usr/bin/seed
%files libs
/usr/lib/seed-1.dist-info
/usr/share/seed
SPEC
cat > key.spec <<'SPEC'
Name: gpg-pubkey
Version: c21ad6ea
Release: 6282d0ed
Summary: Key
License: pubkey
BuildArch: noarch
%description
Key.
%files
SPEC
cat > late.spec <<'SPEC'
Name: late
Version: 2
Release: 1
Summary: Last
License: ISC
Vendor: Fedora Project
BuildArch: noarch
%description
Last.
%files
SPEC
export SOURCE_DATE_EPOCH=1700000000
for spec in seed key late; do
  rpmbuild -bb --quiet --define "_topdir $work/top" --define "_buildhost test" --define "use_source_date_epoch_as_buildtime 1" $spec.spec
done
rpm --dbpath "$work/db" -i --justdb --nodeps top/RPMS/noarch/*.rpm
python3 - "$work/db/rpmdb.sqlite" "$here/small.sqlite" <<'PY'
import os, shutil, sqlite3, sys
rows = [blob for (blob,) in sqlite3.connect(sys.argv[1]).execute("SELECT blob FROM Packages ORDER BY hnum")]
rows.sort(key=lambda blob: b"late\0" in blob[:4000] and b"Fedora" in blob)
work = sys.argv[1] + ".small"
db = sqlite3.connect(work)
db.execute("PRAGMA page_size=1024")
db.execute("PRAGMA journal_mode=WAL")
db.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)")
db.execute("CREATE TABLE 'Name' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
db.execute("CREATE INDEX 'Name_key_idx' ON 'Name'(key ASC)")
for blob in rows[:-1]:
    db.execute("INSERT INTO Packages(blob) VALUES (?)", (blob,))
db.commit()
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
db.execute("INSERT INTO Packages(blob) VALUES (?)", (rows[-1],))
db.commit()
shutil.copy(work, sys.argv[2])
shutil.copy(work + "-wal", sys.argv[2] + "-wal")
PY
