"""Policy: YAML in, located and typed layers, one effective policy per service out.

    load.load_policies(files, gates) -> Policies            documents to layers, with all errors
    resolve.resolve(policies, service, as_of, base=None)    one service's effective policy
    explain.explain(effective) -> Explanation               where every value came from
    explain_text.render_explanation(explanation) -> str
    schema.render_schemas(gates) -> {file name: text}       for editors

Below them, from bytes to values: reader (YAML to located nodes), documents (what a layer may say),
layers (one document, typed and located), orders and the lattices rollout, cohorts and burn_down,
joining (the values), loosening and checks (the errors), waivers.
"""
