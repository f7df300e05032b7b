//! What controls say of assets, and what each asset is as a whole: written by the one who judges, read by everybody.

mod due;
mod list;
mod roll_up;
mod write;

pub(crate) use due::IMAGE_DUE;
pub use due::{
    due_placements, due_registries, mark_all_due, mark_asset_due, mark_image_due,
    mark_images_of_registry_due, mark_placement_due, mark_registry_due, mark_scope_due,
};
pub use list::{AssessedRow, Filter, causes, count, list, problems, scopes_of_asset};
pub use roll_up::{RepositoryParts, images_of_registry, repository};
pub use write::{
    Assessed, AssetKind, Counts, Exempted, Whole, assessments_of, forget, put_assessments, put_hidden,
    put_state, state_of,
};
pub(crate) use write::{assessments_inside, forget_registry};
