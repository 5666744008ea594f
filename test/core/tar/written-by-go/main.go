// Writes archives with Go's archive/tar, which Docker, containerd, BuildKit, Podman and Buildah write layers with,
// and lists them with its reader, an entry a line. Run it in this folder: go run main.go (Go 1.26.8)
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strings"
	"time"
)

type entry struct {
	Type       string            `json:"type"`
	Path       string            `json:"path"`
	LinkTarget string            `json:"linkTarget"`
	Mode       int64             `json:"mode"`
	Uid        int               `json:"uid"`
	Gid        int               `json:"gid"`
	Uname      string            `json:"uname"`
	Gname      string            `json:"gname"`
	Size       int64             `json:"size"`
	Mtime      [2]int64          `json:"mtime"`
	Atime      *[2]int64         `json:"atime"`
	Ctime      *[2]int64         `json:"ctime"`
	DevMajor   int64             `json:"devMajor"`
	DevMinor   int64             `json:"devMinor"`
	Pax        map[string]string `json:"pax"`
	Sha256     string            `json:"sha256"`
}

var types = map[byte]string{
	tar.TypeReg: "file", tar.TypeCont: "file", tar.TypeGNUSparse: "file", tar.TypeLink: "hardlink",
	tar.TypeSymlink: "symlink", tar.TypeChar: "character-device", tar.TypeBlock: "block-device",
	tar.TypeDir: "directory", tar.TypeFifo: "fifo", tar.TypeXGlobalHeader: "global-header",
}

// latin1 has one code unit for each byte, as JSON cannot hold other bytes.
func latin1(s string) string {
	runes := make([]rune, 0, len(s))
	for i := 0; i < len(s); i++ {
		runes = append(runes, rune(s[i]))
	}
	return string(runes)
}

func list(archive []byte) []entry {
	entries := []entry{}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		h, err := reader.Next()
		if err == io.EOF {
			return entries
		}
		must(err)
		hash := sha256.New()
		_, err = io.Copy(hash, reader)
		must(err)
		optional := func(t time.Time) *[2]int64 {
			if t.IsZero() {
				return nil
			}
			return &[2]int64{t.Unix(), int64(t.Nanosecond())}
		}
		mtime := [2]int64{0, 0}
		if !h.ModTime.IsZero() {
			mtime = [2]int64{h.ModTime.Unix(), int64(h.ModTime.Nanosecond())}
		}
		pax := map[string]string{}
		for key, value := range h.PAXRecords {
			pax[latin1(key)] = latin1(value)
		}
		size := h.Size
		if types[h.Typeflag] != "file" {
			size = 0
		}
		entries = append(entries, entry{
			types[h.Typeflag], latin1(h.Name), latin1(h.Linkname), h.Mode, h.Uid, h.Gid, latin1(h.Uname), latin1(h.Gname),
			size, mtime, optional(h.AccessTime), optional(h.ChangeTime), h.Devmajor, h.Devminor, pax,
			hex.EncodeToString(hash.Sum(nil)),
		})
	}
}

func write(headers []*tar.Header) []byte {
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, h := range headers {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		must(writer.WriteHeader(h))
		if h.Size > 0 {
			_, err := writer.Write([]byte(strings.Repeat("c", int(h.Size))))
			must(err)
		}
	}
	must(writer.Close())
	return buffer.Bytes()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	epoch := time.Unix(1677619260, 0)
	precise := time.Unix(1677619260, 123456789)
	long := strings.Repeat("directory/", 12)
	umlaut := "usr/share/zoneinfo/é/" + strings.Repeat("ü", 30) + "/Español"
	common := func(format tar.Format) []*tar.Header {
		return []*tar.Header{
			{Format: format, Name: "etc/", Typeflag: tar.TypeDir, Mode: 0755, ModTime: epoch},
			{Format: format, Name: "etc/passwd", Mode: 0644, Size: 700, Uid: 1000, Gid: 1000, Uname: "user", Gname: "users", ModTime: epoch},
			{Format: format, Name: "etc/link", Typeflag: tar.TypeSymlink, Linkname: "passwd", Mode: 0777, ModTime: epoch},
			{Format: format, Name: "etc/hard", Typeflag: tar.TypeLink, Linkname: "etc/passwd", Mode: 0644, ModTime: epoch},
			{Format: format, Name: "dev/null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3, Mode: 0666, ModTime: epoch},
			{Format: format, Name: "dev/sda", Typeflag: tar.TypeBlock, Devmajor: 8, Devminor: 300, Mode: 0660, ModTime: epoch},
			{Format: format, Name: "run/fifo", Typeflag: tar.TypeFifo, Mode: 0600, ModTime: epoch},
			{Format: format, Name: "suid", Mode: 04755, ModTime: epoch},
		}
	}
	archives := map[string][]*tar.Header{
		"go-ustar": append(common(tar.FormatUSTAR),
			&tar.Header{Format: tar.FormatUSTAR, Name: long + "split-in-two", Size: 1, ModTime: epoch}),
		"go-gnu": append(common(tar.FormatGNU),
			&tar.Header{Format: tar.FormatGNU, Name: long + umlaut, Size: 1, ModTime: epoch},
			&tar.Header{Format: tar.FormatGNU, Name: long + "link", Typeflag: tar.TypeSymlink, Linkname: long + umlaut, ModTime: epoch},
			&tar.Header{Format: tar.FormatGNU, Name: "large-ids", Uid: 3000000, Gid: 1 << 31, ModTime: epoch},
			&tar.Header{Format: tar.FormatGNU, Name: "times", ModTime: time.Unix(-2, 0), AccessTime: time.Unix(1<<40, 0), ChangeTime: time.Unix(7, 0)}),
		"go-pax": append(common(tar.FormatPAX),
			&tar.Header{Format: tar.FormatPAX, Name: "precise", Size: 600, ModTime: precise},
			&tar.Header{Format: tar.FormatPAX, Name: "dir/precise", Size: 1, ModTime: precise, AccessTime: time.Unix(-1, 750000000), ChangeTime: time.Unix(-3, 0)},
			&tar.Header{Format: tar.FormatPAX, Name: "dir/precise/", Typeflag: tar.TypeDir, ModTime: precise},
			&tar.Header{Format: tar.FormatPAX, Name: "./dir//unclean/./x", ModTime: precise},
			&tar.Header{Format: tar.FormatPAX, Name: umlaut, Size: 1, ModTime: epoch},
			&tar.Header{Format: tar.FormatPAX, Name: umlaut + "/", Typeflag: tar.TypeDir, ModTime: epoch},
			&tar.Header{Format: tar.FormatPAX, Name: long + "file", Size: 1, ModTime: epoch},
			&tar.Header{Format: tar.FormatPAX, Name: long, Typeflag: tar.TypeDir, ModTime: epoch},
			&tar.Header{Format: tar.FormatPAX, Name: strings.Repeat("directory/", 10) + "file", Size: 1, ModTime: epoch},
			&tar.Header{Format: tar.FormatPAX, Name: "link", Typeflag: tar.TypeSymlink, Linkname: long + umlaut, ModTime: epoch},
			&tar.Header{Format: tar.FormatPAX, Name: "hard", Typeflag: tar.TypeLink, Linkname: umlaut, ModTime: epoch},
			&tar.Header{Format: tar.FormatPAX, Name: "large-ids", Uid: 3000000, Gid: 1 << 31, Uname: strings.Repeat("u", 40), Gname: "größe", ModTime: epoch},
			&tar.Header{Format: tar.FormatPAX, Name: "far-future", ModTime: time.Unix(1<<40, 5)},
			&tar.Header{Format: tar.FormatPAX, Name: "before-1970", ModTime: time.Unix(-2, 750000000)},
			&tar.Header{Format: tar.FormatPAX, Name: "xattrs", ModTime: epoch, PAXRecords: map[string]string{
				"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
				"SCHILY.xattr.user.text":           "a=b\n\xff",
				"VENDOR.key":                       "value",
			}}),
	}
	// Of all readers here, Go's alone applies global records to no entry.
	archives["go-global"] = append([]*tar.Header{
		{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": "global", "uid": "77"}},
	}, common(tar.FormatPAX)...)
	for name, headers := range archives {
		archive := write(headers)
		must(os.WriteFile(name+".tar", archive, 0o644))
		var listing bytes.Buffer
		encoder := json.NewEncoder(&listing)
		encoder.SetEscapeHTML(false)
		for _, entry := range list(archive) {
			must(encoder.Encode(entry))
		}
		must(os.WriteFile(name+".jsonl", listing.Bytes(), 0o644))
	}
}
