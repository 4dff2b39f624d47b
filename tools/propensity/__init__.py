"""Who is likely to call or to change plan: fitted on groups of members, told for groups of members."""
