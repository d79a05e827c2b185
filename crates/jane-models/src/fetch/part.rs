//! A file that has not arrived whole, and the `ETag` of what it is a part of.
//!
//! The tag is written before the first byte and only if it is strong, so that a part that has one
//! can be continued (RFC 9110, 13.1.5).

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::File;

use jane_files::{Content, HashingWriter};

const LONGEST_TAG: u64 = 1024;

/// The file `NAME.part`, and `NAME.part.etag` beside it.
pub struct Part {
    path: PathBuf,
}

impl Part {
    /// The part of the file `name` in `directory`.
    pub fn new(directory: &Path, name: &str) -> Self {
        Self {
            path: directory.join(format!("{name}.part")),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that have arrived.
    pub fn length(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// The tag of what it is a part of, if it has one.
    pub fn tag(&self) -> Option<String> {
        jane_files::read_text(&self.tag_path(), LONGEST_TAG).ok()
    }

    /// Empties the part for what has the tag `tag`.
    pub async fn begin(&self, tag: Option<&str>) -> io::Result<File> {
        let file = File::create(&self.path).await?;
        match tag.filter(|tag| tag.starts_with('"')) {
            Some(tag) => std::fs::write(self.tag_path(), tag)?,
            None => jane_files::remove_all(&self.tag_path())?,
        }
        Ok(file)
    }

    /// Opens the part for what follows, and hashes what it holds.
    pub async fn go_on(&self) -> io::Result<(File, HashingWriter<io::Sink>)> {
        let file = File::options().append(true).open(&self.path).await?;
        Ok((file, self.hashed().await?))
    }

    /// Size and hash of what has arrived.
    pub async fn content(&self) -> io::Result<Content> {
        Ok(self.hashed().await?.finish().1)
    }

    /// A hasher of nothing yet.
    pub fn hasher() -> HashingWriter<io::Sink> {
        HashingWriter::new(io::sink())
    }

    pub fn remove(&self) -> io::Result<()> {
        jane_files::remove_all(&self.path)
    }

    async fn hashed(&self) -> io::Result<HashingWriter<io::Sink>> {
        let path = self.path.clone();
        let hashed = tokio::task::spawn_blocking(move || {
            let mut hasher = Self::hasher();
            jane_files::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
            Ok(hasher)
        });
        hashed.await.map_err(io::Error::other)?
    }

    fn tag_path(&self) -> PathBuf {
        self.path.with_added_extension("etag")
    }
}
