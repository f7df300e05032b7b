use crate::{StoreError, ToValue, Tx, values};

/// What a registry and the beginning of a repository's name say about scope and owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The registry's name; `None`: any.
    pub registry: Option<String>,
    /// Whole parts of the repository's path: `shop` goes for `shop` and `shop/web`, not for `shopping`. Empty: all.
    pub repository_prefix: String,
    /// The scope of what it goes for.
    pub scope: String,
    /// The owner's id; `None`: nobody's.
    pub owner: Option<String>,
}

/// Where an asset belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The scope; the registry's own where no rule says otherwise.
    pub scope: String,
    /// The owner's id.
    pub owner: Option<String>,
}

impl Rule {
    fn goes_for(&self, registry: &str, repository: &str) -> bool {
        self.registry.as_deref().is_none_or(|name| name == registry)
            && match repository.strip_prefix(self.repository_prefix.trim_end_matches('/')) {
                Some(rest) => rest.is_empty() || rest.starts_with('/') || self.repository_prefix.is_empty(),
                None => false,
            }
    }
}

/// What the rules say of a repository: the first that goes for it counts, else it belongs to `own`, its registry's scope. Who
/// is not named by the rule, its registry's owner is it.
#[must_use]
pub fn assign(
    rules: &[Rule],
    registry: &str,
    repository: &str,
    own: &str,
    own_owner: Option<&str>,
) -> Assignment {
    let rule = rules.iter().find(|rule| rule.goes_for(registry, repository));
    let scope = rule.map_or(own, |rule| &rule.scope).to_owned();
    let owner = rule.and_then(|rule| rule.owner.as_deref()).or(own_owner).map(ToOwned::to_owned);
    Assignment { scope, owner }
}

/// All rules, in their order.
///
/// # Errors
/// The store's.
pub fn rules(tx: &mut Tx<'_>) -> Result<Vec<Rule>, StoreError> {
    tx.query("SELECT registry, repository_prefix, scope, owner FROM scope_rule ORDER BY position", &[])?
        .iter()
        .map(|row| {
            Ok(Rule {
                registry: row.get(0)?,
                repository_prefix: row.get(1)?,
                scope: row.get(2)?,
                owner: row.get(3)?,
            })
        })
        .collect()
}

/// Sets all rules, in this order, and moves the assets that they assign elsewhere.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such scope or owner.
pub fn set_rules(tx: &mut Tx<'_>, rules: &[Rule]) -> Result<(), StoreError> {
    tx.execute("DELETE FROM scope_rule", &[])?;
    let rows: Vec<Vec<crate::Value>> = rules
        .iter()
        .enumerate()
        .map(|(at, r)| values![at, r.registry, r.repository_prefix, r.scope, r.owner].to_vec())
        .collect();
    tx.execute_many(
        "INSERT INTO scope_rule (position, registry, repository_prefix, scope, owner) VALUES ($1, $2, $3, $4, $5)",
        &rows,
    )?;
    reassign(tx).map(drop)
}

/// Puts every asset in a registry where the rules say; says how many moved.
///
/// # Errors
/// The store's.
pub fn reassign(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.touch();
    let rules = rules(tx)?;
    let mut moves = Vec::new();
    for row in tx.query(
        "SELECT repository.id, registry.name, repository.name, registry.scope, registry.owner \
         FROM repository JOIN registry ON registry.id = repository.registry",
        &[],
    )? {
        let owner: Option<String> = row.get(4)?;
        let to = assign(&rules, row.text(1)?, row.text(2)?, row.text(3)?, owner.as_deref());
        moves.push(vec![row.get(0)?, to.scope.to_value(), to.owner.to_value()]);
    }
    tx.execute_many(
        "UPDATE placement SET scope = $2, owner = $3, due = 1 \
         WHERE repository = $1 AND (scope <> $2 OR owner IS DISTINCT FROM $3)",
        &moves,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_goes_for_a_repository_counts() {
        let rule = |registry: Option<&str>, prefix: &str, scope: &str| Rule {
            registry: registry.map(str::to_owned),
            repository_prefix: prefix.to_owned(),
            scope: scope.to_owned(),
            owner: None,
        };
        let rules = [
            rule(Some("main"), "shop/web", "shop/web"),
            rule(None, "shop", "shop"),
            rule(Some("main"), "team/", "team"),
            rule(Some("old"), "", "old"),
        ];
        assert_eq!(
            assign(&rules, "main", "shopping", "own", Some("ops")),
            Assignment { scope: "own".to_owned(), owner: Some("ops".to_owned()) },
            "no rule: the registry's own scope and owner"
        );
        let named = [Rule { owner: Some("web".to_owned()), ..rules[0].clone() }];
        let owner = |rules: &[Rule]| assign(rules, "main", "shop/web", "", Some("ops")).owner.unwrap();
        assert_eq!((owner(&named).as_str(), owner(&rules).as_str()), ("web", "ops"));
        for (registry, repository, scope) in [
            ("main", "shop/web", "shop/web"),
            ("main", "shop/web/cart", "shop/web"),
            ("main", "shop/website", "shop"),
            ("other", "shop/web", "shop"),
            ("main", "shop", "shop"),
            ("main", "shopping", ""),
            ("main", "team/a", "team"),
            ("main", "team", "team"),
            ("old", "anything", "old"),
            ("main", "anything", ""),
        ] {
            assert_eq!(
                assign(&rules, registry, repository, "", None).scope,
                scope,
                "{registry} {repository}"
            );
        }
    }
}
