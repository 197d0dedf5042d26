{# Which area each area of the finest level lies in at the level at which coordinators work: leaf, area. An unknown one
   lies in itself. #}
{% macro coordinated_areas() %}
    select
        level_codes.leaf,
        level_codes.code as area,
    from {{ ref('dim_level_code') }} as level_codes
    inner join {{ ref('dim_level') }} as levels
        on level_codes.classification = levels.classification and level_codes.level = levels.level
    where level_codes.classification = 'area' and levels.is_coordinated
{% endmacro %}
