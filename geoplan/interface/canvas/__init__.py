"""Results as maps of folium's own elements, to which analysts add theirs."""
